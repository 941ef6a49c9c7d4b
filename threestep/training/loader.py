"""YAML text -> plain values, strictly."""

import re
from math import isfinite

import yaml

from .errors import ConfigError

MAX_DEPTH = 40


class Loader(yaml.SafeLoader):
    """YAML in which 1e-3 is a number and no key may be given twice; without anchors, tags, .nan and deep nesting."""

    depth = 0

    def compose_node(self, parent, index):
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            raise yaml.MarkedYAMLError(None, None, "anchors (&) and aliases (*) are not used here", event.start_mark)
        if getattr(event, "tag", None) is not None:
            raise yaml.MarkedYAMLError(None, None, "tags (!) are not used here", event.start_mark)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise yaml.MarkedYAMLError(None, None, f"more than {MAX_DEPTH} levels deep", event.start_mark)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_yaml_float(self, node):
        value = super().construct_yaml_float(node)
        if not isfinite(value):
            raise yaml.MarkedYAMLError(None, None, f"{node.value} is not a finite number", node.start_mark)
        return value

    def construct_mapping(self, node, deep=False):
        seen = {}
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            try:
                first = seen.setdefault(key, key_node)
            except TypeError:
                raise yaml.MarkedYAMLError(None, None, "a key must be text or a number", key_node.start_mark) from None
            if first is not key_node:
                problem = f"{key!r} given twice (first at line {first.start_mark.line + 1})"
                raise yaml.MarkedYAMLError(None, None, problem, key_node.start_mark)
        return super().construct_mapping(node, deep)


Loader.add_constructor("tag:yaml.org,2002:float", Loader.construct_yaml_float)
Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$"), list("-+0123456789.")
)


def read_yaml(text, source):
    """The value of a YAML text; ConfigError with file, line and column where it is none."""
    try:
        return yaml.load(text, Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ConfigError(f"{source}:{mark.line + 1}:{mark.column + 1}: {error.problem or error.context}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{source}: not YAML: {error}") from None
