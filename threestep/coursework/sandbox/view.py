"""View: what a student's process sees of the file system: what Python and NumPy need, and its own folder.

`new_root` makes a file system of no more than that, in a mount namespace (Linux); `fence` has the kernel refuse all
else, where there are no namespaces but Landlock (Linux 5.13 and later). Both start from what is needed, so that
nothing of the grader's has to be found first in order to be hidden.
"""

import ctypes
import os
import struct
import sys
from pathlib import Path

from .system import call, system_call

NO_SUID, NO_DEVICES, NO_PROGRAMS, BIND, RECURSIVE, PRIVATE = 2, 4, 8, 0x1000, 0x4000, 0x40000  # mount(2)
DETACH = 2  # umount2(2)
MOUNT_SETATTR, READ_ONLY, THIS_FOLDER, ALL_BELOW = 442, 1, -100, 0x8000  # mount_setattr(2)
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # landlock(7)
READ_FILE, READ_FOLDER, OF_FILES = 4, 8, 0xC007  # rights in Landlock; OF_FILES: those that a file can have
RIGHTS = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 4: 0x7FFF}  # all that Landlock knows, by its version; later: 0xFFFF
SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache")
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")


def needed(numpy_folders):
    """The files and folders that Python and NumPy need, and the packages among them, which are not for students."""
    standard = [Path(path) for path in sys.path]
    paths = [path for path in (*map(Path, SYSTEM), *standard, *library_folders(), *numpy_folders) if path.exists()]
    packages = [path for lib in paths for path in (*lib.glob("*-packages"), *lib.glob("python3*/*-packages"))]
    return paths, packages


def library_folders():
    """The folders from which this process has loaded shared libraries, wherever this system keeps them."""
    try:
        lines = Path("/proc/self/maps").read_text().splitlines()
    except OSError:
        return set()
    return {Path(line[line.index("/") :]).parent for line in lines if "/" in line and ".so" in line}


def new_root(folder, limits, hidden, numpy_folders):
    """A file system in which there is only what Python and NumPy need, read-only, and folder/work, in memory.

    It is a folder below the root of the mounts, since the kernel lets nobody make a user namespace, in which he would
    have all rights again, from a root that is not that of the mounts.
    """
    top, work = folder / "root", folder / "work"
    root = top / "view"
    submissions = {path.name: path.read_bytes() for path in work.iterdir()}
    paths, packages = needed(numpy_folders)
    mount(None, "/", None, RECURSIVE | PRIVATE)
    mount("tmpfs", top, "tmpfs", NO_SUID | NO_DEVICES, "mode=755")
    root.mkdir()
    for path in sorted(paths, key=Path.resolve):  # a folder before what is in it
        show(root, path)
    for path in (*packages, *hidden):
        hide(root, path)
    for path in numpy_folders:  # again, where it lies among the packages
        show(root, path)
    for device in DEVICES:
        (root / device[1:]).parent.mkdir(exist_ok=True)
        (root / device[1:]).touch()
    place = stand_in(root, work)
    place.mkdir(parents=True)
    read_only = struct.pack("4Q", READ_ONLY | NO_SUID | NO_DEVICES, 0, 0, 0)
    system_call(MOUNT_SETATTR, THIS_FOLDER, os.fsencode(top), ALL_BELOW, read_only, len(read_only))
    for device in DEVICES:
        mount(device, root / device[1:], None, BIND)
    size = f"mode=755,size={limits['disk']},nr_inodes={limits['files']}"
    mount("tmpfs", place, "tmpfs", NO_SUID | NO_DEVICES | NO_PROGRAMS, size)
    for name, content in submissions.items():
        (place / name).write_bytes(content)
    os.chdir(top)
    call("pivot_root", b".", b".")
    call("umount2", b".", DETACH)
    os.chroot("/view")
    os.chdir("/")


def show(root, path):
    """Makes a file or folder visible under the new root, unless a folder around it is."""
    place = stand_in(root, path)
    if not os.path.lexists(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.mkdir() if path.is_dir() else place.touch()
        mount(path, place, None, BIND | RECURSIVE)


def hide(root, path):
    """Covers a file or folder, if it is visible under the new root."""
    place = stand_in(root, path)
    if place.is_dir():
        mount("tmpfs", place, "tmpfs", NO_SUID | NO_DEVICES, "mode=755")
    elif place.exists():
        mount("/dev/null", place, None, BIND)


def stand_in(root, path):
    """The place of a path under the new root, after making the symbolic links that lead to it."""
    for part in (*reversed(path.parents), path):
        if part.is_symlink():
            target, link = os.readlink(part), root / part.relative_to("/")
            if not os.path.lexists(link):
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(target)
            return stand_in(root, Path(os.path.normpath(part.parent / target)) / path.relative_to(part))
    return root / path.relative_to("/")


def mount(source, target, kind, flags, data=None):
    texts = [None if text is None else os.fsencode(text) for text in (source, target, kind)]
    call("mount", *texts, ctypes.c_ulong(flags), None if data is None else data.encode())


def fence(work, hidden, numpy_folders):
    """Lets the kernel refuse, from now on, to open any file but what is needed, and to signal processes outside."""
    version = system_call(CREATE_RULESET, None, 0, 1)
    every, connections, signals = RIGHTS.get(version, 0xFFFF), 0b11 * (version >= 4), 0b11 * (version >= 6)
    attributes = struct.pack("3Q", every, connections, signals)
    rules = system_call(CREATE_RULESET, attributes, len(attributes), 0)
    paths, packages = needed(numpy_folders)
    closed = {path.resolve() for path in (*packages, *hidden)}
    allowed = {part: READ_FILE | READ_FOLDER for path in paths for part in parts(path.resolve(), closed)}
    allowed |= {path.resolve(): READ_FILE | READ_FOLDER for path in numpy_folders}
    allowed |= {Path(device): every & OF_FILES for device in DEVICES}
    allowed[work] = every
    for path, rights in allowed.items():
        opened = os.open(path, os.O_PATH)
        rule = struct.pack("=Qi", rights if path.is_dir() else rights & OF_FILES, opened)
        system_call(ADD_RULE, rules, 1, rule, 0)
        os.close(opened)
    system_call(RESTRICT_SELF, rules, 0)
    os.close(rules)


def parts(path, closed):
    """A folder, or, where something that is closed lies in it, all in it but that."""
    if not any(other.is_relative_to(path) for other in closed):
        yield path
    elif path not in closed:
        for inner in path.iterdir():
            if not inner.is_symlink():  # what it leads to is needed itself, or is not
                yield from parts(inner, closed)
