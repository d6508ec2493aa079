import Features

import struct Workspace.TimeSpan

// Two rooms below have types of one name; here each has its own.

/// How a definition says that a table is written.
typealias DeclaredFormat = Features.TableFormat
/// An aggregation as a definition writes it.
typealias DefinedAggregation = Features.Aggregation
/// How old a plain feature's row may be.
typealias TimeToLive = TimeSpan
