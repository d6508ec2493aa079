import Testing

import Features
