"""From a core result to what stands on the screen: Rich tables and plotext charts."""
