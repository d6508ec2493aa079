import Learning

/// Trees in few bits: thresholds are borders of bins, at most 255 a column, and leaves are whole numbers of 16 bits times a
/// scale for each tree.
///
///     let binned = try BinnedTrees(model, rows: training)
///     let trees = try TreeEnsemble(binned.model)
///
/// A node takes three bytes. Its tree's nodes follow each other level by level, both children of a node side by side, so that
/// the children of the split number k, counted from 0 within the tree, are the nodes 1 + 2k and 2 + 2k:
///
/// | tensor | type | what |
/// | --- | --- | --- |
/// | `nodes.bin` | `U8` [nodes] | the number of the border that is asked for, from 1 within its column; 0 for a leaf |
/// | `nodes.value` | `U16` [nodes] | of a split twice the column, and one more if a missing number goes left; of a leaf its value, a whole number with sign |
/// | `trees.size` | `U32` [trees] | how many nodes each tree has |
/// | `trees.scale` | `F32` [trees] | what the values of its leaves are multiplied with |
/// | `trees.output` | `U32` [trees] | the output that its leaves add to |
/// | `columns.size` | `U8` [columns] | how many borders each column has |
/// | `columns.borders` | `F32` [borders] | the borders, column by column, rising |
/// | `bases` | `F32` [outputs] | what each output begins with |
struct BinnedTrees: Sendable {
    /// The trees, with the thresholds and leaves that the bits stand for.
    let model: XGBoostModel
    /// The borders of each column.
    private let borders: [[Float]]
    private let scales: [Float]

    /// How many borders a column has at most.
    static let mostBorders = 255
    /// How many columns a question can name.
    private static let mostColumns = 1 << 15
    private static let largestLeaf: Float = 32767

    /// Puts thresholds into bins, and rounds leaves.
    ///
    /// A column with no more thresholds than borders keeps them all, as trees have that XGBoost grew with that many bins. Of
    /// others the thresholds stay that part the rows most evenly, and the rest move to the nearest of them, counted in rows.
    ///
    /// - Parameter rows: rows of the training, with all columns as numbers.
    /// - Throws: ``InferenceError/misuse(_:)`` for too many columns.
    init(_ model: XGBoostModel, rows: FeatureMatrix) throws(InferenceError) {
        precondition(rows.width == model.columns && rows.tables == 0, "rows have the columns of the trees")
        if model.columns > Self.mostColumns {
            throw .misuse("the trees take \(model.columns) columns, and at most \(Self.mostColumns) go into few bits")
        }
        var thresholds = [Set<Float>](repeating: [], count: model.columns)
        for tree in model.trees {
            for node in tree.left.indices where tree.left[node] >= 0 {
                thresholds[Int(tree.columns[node])].insert(tree.thresholds[node])
            }
        }
        var borders: [[Float]] = []
        var moved: [[Float: Float]] = []
        for column in 0..<model.columns {
            let distinct = thresholds[column].sorted()
            guard distinct.count > Self.mostBorders else {
                borders.append(distinct)
                moved.append([:])
                continue
            }
            let (chosen, places) = Self.bins(distinct, rows, column)
            borders.append(chosen)
            moved.append(places)
        }
        var trees = model.trees
        var scales: [Float] = []
        for number in trees.indices {
            let tree = trees[number]
            let leaves = tree.left.indices.filter { tree.left[$0] < 0 }
            let largest = leaves.reduce(Float(0)) { max($0, abs(tree.thresholds[$1])) }
            let scale = largest < 0x1p-100 ? 0 : largest / Self.largestLeaf
            scales.append(scale)
            for node in leaves {
                trees[number].thresholds[node] = Float(Self.code(tree.thresholds[node], scale)) * scale
            }
            for node in tree.left.indices where tree.left[node] >= 0 {
                let threshold = tree.thresholds[node]
                trees[number].thresholds[node] = moved[Int(tree.columns[node])][threshold] ?? threshold
            }
        }
        self.model = model.replacing(trees)
        (self.borders, self.scales) = (borders, scales)
    }

    /// A leaf's whole number.
    private static func code(_ leaf: Float, _ scale: Float) -> Int16 {
        scale == 0 ? 0 : Int16(max(-largestLeaf, min(largestLeaf, (leaf / scale).rounded(.toNearestOrEven))))
    }

    /// The borders that part rows evenly, and where each threshold moves.
    private static func bins(
        _ thresholds: [Float], _ rows: FeatureMatrix, _ column: Int
    ) -> (borders: [Float], moved: [Float: Float]) {
        let values = (0..<rows.count).map { rows.numbers[$0 * rows.width + column] }.filter { !$0.isNaN }.sorted()
        // How many rows lie below each threshold.
        var ranks: [Int] = []
        var below = 0
        for threshold in thresholds {
            while below < values.count, values[below] < threshold { below += 1 }
            ranks.append(below)
        }
        func nearest(_ rank: Double, among ranks: [Int]) -> Int {
            var (low, high) = (0, ranks.count - 1)
            while high - low > 1 {
                let middle = (low + high) / 2
                if Double(ranks[middle]) <= rank { low = middle } else { high = middle }
            }
            return rank - Double(ranks[low]) <= Double(ranks[high]) - rank ? low : high
        }
        var chosen: [Int] = []
        for border in 1...mostBorders {
            let rank = Double(values.count) * Double(border) / Double(mostBorders + 1)
            let place = nearest(rank, among: ranks)
            if place > chosen.last ?? -1 { chosen.append(place) }
        }
        let chosenRanks = chosen.map { ranks[$0] }
        var moved: [Float: Float] = [:]
        for (place, threshold) in thresholds.enumerated() {
            moved[threshold] = thresholds[chosen[nearest(Double(ranks[place]), among: chosenRanks)]]
        }
        return (chosen.map { thresholds[$0] }, moved)
    }

    // MARK: Files

    /// The file.
    var tensors: [UInt8] {
        var (bins, values): ([UInt8], [UInt8]) = ([], [])
        var sizes: [UInt8] = []
        func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
            withUnsafeBytes(of: number.littleEndian) { Array($0) }
        }
        for (number, tree) in model.trees.enumerated() {
            var order = [0]
            var place = 0
            while place < order.count {
                let node = order[place]
                place += 1
                guard tree.left[node] >= 0 else {
                    bins.append(0)
                    values += bytes(Self.code(tree.thresholds[node], scales[number]))
                    continue
                }
                let column = Int(tree.columns[node])
                let border = borders[column].firstIndex(of: tree.thresholds[node]) ?? 0
                bins.append(UInt8(border + 1))
                values += bytes(UInt16(2 * column + (tree.missingGoesLeft[node] ? 1 : 0)))
                order += [Int(tree.left[node]), Int(tree.right[node])]
            }
            sizes += bytes(UInt32(order.count))
        }
        var writer = SafetensorsWriter(
            metadata: ["format": "vintage-trees", "version": "1", "objective": model.objective])
        writer.add("nodes.bin", .uint8, shape: [bins.count], bins)
        writer.add("nodes.value", .uint16, shape: [bins.count], values)
        writer.add("trees.size", .uint32, shape: [model.trees.count], sizes)
        writer.add("trees.scale", shape: [model.trees.count], scales)
        writer.add(
            "trees.output", .uint32, shape: [model.trees.count], model.trees.flatMap { bytes(UInt32($0.output)) })
        writer.add("columns.size", .uint8, shape: [borders.count], borders.map { UInt8($0.count) })
        writer.add("columns.borders", shape: [borders.reduce(0) { $0 + $1.count }], borders.flatMap { $0 })
        writer.add("bases", shape: [model.bases.count], model.bases)
        return writer.bytes()
    }

    /// Reads a file.
    ///
    /// - Throws: ``TreeModelError`` for what is damaged or not known.
    init(parsing bytes: [UInt8], file name: String) throws(TreeModelError) {
        let parts: Parts
        do throws(SafetensorsError) {
            parts = try Parts(SafetensorsFile(parsing: bytes, name: name))
        } catch {
            throw .header(error.reason)
        }
        guard parts.format == "vintage-trees", let objective = parts.objective else {
            throw .missing("'format' that says it holds trees in bins")
        }
        var borders: [[Float]] = []
        var start = 0
        for size in parts.columnSizes {
            let end = start + Int(size)
            guard end <= parts.borders.count else { throw .header("its columns have more borders than there are") }
            let column = Array(parts.borders[start..<end])
            guard zip(column, column.dropFirst()).allSatisfy({ $0 < $1 }) else {
                throw .header("the borders of column \(borders.count) do not rise")
            }
            borders.append(column)
            start = end
        }
        guard start == parts.borders.count else { throw .header("its columns have fewer borders than there are") }
        var trees: [XGBoostModel.Tree] = []
        var first = 0
        for (number, size) in parts.treeSizes.enumerated() {
            guard size > 0 else { throw .tree(number, node: nil, .empty) }
            guard Int(size) <= parts.bins.count - first else { throw .tree(number, node: nil, .lengths) }
            trees.append(try Self.tree(number, parts, first..<(first + Int(size)), borders))
            first += Int(size)
        }
        guard first == parts.bins.count else { throw .header("its trees have fewer nodes than there are") }
        (self.borders, scales) = (borders, parts.treeScales)
        model = try XGBoostModel(objective: objective, bases: parts.bases, columns: borders.count, trees: trees)
    }

    private static func tree(
        _ number: Int, _ parts: Parts, _ nodes: Range<Int>, _ borders: [[Float]]
    ) throws(TreeModelError) -> XGBoostModel.Tree {
        var tree = XGBoostModel.Tree()
        tree.output = Int(parts.treeOutputs[number])
        var child = 1
        for (place, node) in nodes.enumerated() {
            let (bin, value) = (Int(parts.bins[node]), parts.values[node])
            if bin == 0 {
                tree.left.append(-1)
                tree.right.append(-1)
                tree.columns.append(0)
                tree.missingGoesLeft.append(false)
                tree.thresholds.append(Float(Int16(bitPattern: value)) * parts.treeScales[number])
                continue
            }
            let column = Int(value / 2)
            guard column < borders.count else { throw .tree(number, node: place, .columnOutside) }
            guard bin <= borders[column].count else { throw .tree(number, node: place, .threshold) }
            tree.left.append(Int32(child))
            tree.right.append(Int32(child + 1))
            tree.columns.append(Int32(column))
            tree.missingGoesLeft.append(value % 2 == 1)
            tree.thresholds.append(borders[column][bin - 1])
            child += 2
        }
        guard child == nodes.count else { throw .tree(number, node: nil, .lengths) }
        return tree
    }

    /// The tensors, each with the length that goes with the others.
    private struct Parts {
        let format: String?
        let objective: String?
        let bins: [UInt8]
        let values: [UInt16]
        let treeSizes: [UInt32]
        let treeScales: [Float]
        let treeOutputs: [UInt32]
        let columnSizes: [UInt8]
        let borders: [Float]
        let bases: [Float]

        init(_ file: SafetensorsFile) throws(SafetensorsError) {
            (format, objective) = (file.metadata["format"], file.metadata["objective"])
            bins = try file.integers("nodes.bin", .uint8)
            values = try file.integers("nodes.value", .uint16, count: bins.count)
            treeSizes = try file.integers("trees.size", .uint32)
            treeScales = try file.floats("trees.scale", shape: [treeSizes.count])
            treeOutputs = try file.integers("trees.output", .uint32, count: treeSizes.count)
            columnSizes = try file.integers("columns.size", .uint8)
            borders = try file.floats("columns.borders", shape: [file["columns.borders"]?.count ?? 0])
            bases = try file.floats("bases", shape: [file["bases"]?.count ?? 0])
        }
    }
}
