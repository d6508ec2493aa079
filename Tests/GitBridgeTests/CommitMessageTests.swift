import Testing

import GitBridge
