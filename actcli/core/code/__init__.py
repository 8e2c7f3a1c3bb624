"""An activation as code to take home: value and slope as trees of operations, made stable, and printed."""
