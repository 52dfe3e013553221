"""StatefulSets and DaemonSets, which share what they keep of former templates."""
