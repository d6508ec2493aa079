/// What a network does to the output of a layer.
public enum Activation: String, Sendable, CaseIterable {
    /// The greater of x and 0.
    case relu
    /// The hyperbolic tangent.
    case tanh
    /// The logistic function, 1 / (1 + exp(-x)).
    case sigmoid

    /// As the kernels number them.
    var kernel: Int32 {
        switch self {
        case .relu: 0
        case .tanh: 1
        case .sigmoid: 2
        }
    }
}

/// The shape of a network: numbers and looked-up rows go in, dense layers follow, the last without an activation.
///
///     x = [numbers, table 1 [code 1], table 2 [code 2], …]           batch × inputWidth
///     x = activation(x · weight + bias)                              for each hidden layer
///     y = x · weight + bias                                          batch × outputs
///
/// A linear model has no hidden layer, and its tables' rows, as wide as the output, are added to the output: each
/// value of a category has a weight of its own.
public struct Architecture: Sendable, Equatable {
    /// A table with a row of weights for each value of a category.
    public struct Table: Sendable, Equatable {
        /// The column of the data.
        public var name: String
        /// How many values there are, with those for what is not known and what is missing.
        public var rows: Int
        /// How many weights a value has.
        public var dimension: Int

        /// Describes a table.
        public init(name: String, rows: Int, dimension: Int) {
            (self.name, self.rows, self.dimension) = (name, rows, dimension)
        }
    }

    /// How many numbers a row of data has.
    public var numbers: Int
    /// The tables, one for each category.
    public var tables: [Table]
    /// The widths of the hidden layers; none for a linear model.
    public var hidden: [Int]
    /// What follows a hidden layer.
    public var activation: Activation
    /// How many numbers come out.
    public var outputs: Int

    /// Describes a network.
    public init(numbers: Int, tables: [Table], hidden: [Int], activation: Activation, outputs: Int) {
        (self.numbers, self.tables, self.hidden) = (numbers, tables, hidden)
        (self.activation, self.outputs) = (activation, outputs)
    }

    /// Whether tables are added to the output.
    public var addsTables: Bool { hidden.isEmpty }

    /// How many numbers the first layer takes.
    public var inputWidth: Int { numbers + (addsTables ? 0 : tables.reduce(0) { $0 + $1.dimension }) }

    /// The dense layers, by how many numbers go in and come out.
    public var layers: [(inputs: Int, outputs: Int)] {
        let widths = [inputWidth] + hidden + [outputs]
        return (1..<widths.count).map { (widths[$0 - 1], widths[$0]) }
    }
}
