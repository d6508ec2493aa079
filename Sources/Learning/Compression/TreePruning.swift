import TextFormats

/// Takes splits out of trees as XGBoost writes them in JSON.
///
/// A split goes only after those below it, so that it counts as much as the best of them. It becomes a leaf with the value
/// that XGBoost has found for it: its weight times the learning rate, as XGBoost's own pruning has it.
struct TreePruning {
    /// The model without the splits.
    let bytes: [UInt8]

    private struct Split {
        let tree: Int
        let node: Int
        let gain: Double
        let depth: Int
    }

    /// The lists with an element for each node, and what a leaf has in them.
    private static let lists: [(name: String, leaf: JSON?)] = [
        ("base_weights", nil), ("default_left", .integer(0)), ("left_children", .integer(-1)),
        ("loss_changes", .number(0)), ("parents", nil), ("right_children", .integer(-1)), ("split_conditions", nil),
        ("split_indices", .integer(0)), ("split_type", .integer(0)), ("sum_hessian", nil),
    ]

    /// Takes out splits.
    ///
    /// - Parameters:
    ///   - model: a model that was checked.
    ///   - learningRate: the one that it was trained with.
    /// - Throws: ``LearningError/trees(_:)`` for a model that does not tell the gains of its splits.
    init(_ model: [UInt8], _ pruning: Pruning, learningRate: Double) throws(LearningError) {
        let json: JSON
        do throws(JSONSyntaxError) { json = try JSON(parsing: model) } catch { throw .trees(error.description) }
        guard let listed = json["learner"]["gradient_booster"]["model"]["trees"].elements else {
            throw .trees("the model has no trees")
        }
        let trees = try listed.enumerated().map { number, tree throws(LearningError) in
            try Tree(tree, number: number)
        }
        var splits = trees.enumerated().flatMap { number, tree in
            tree.effectiveGains.map { Split(tree: number, node: $0.node, gain: $0.gain, depth: $0.depth) }
        }
        // What lies deeper goes first where gains are equal, and later trees before earlier ones.
        splits.sort { ($0.gain, -$0.depth, -$0.tree, $0.node) < ($1.gain, -$1.depth, -$1.tree, $1.node) }
        var leaves = trees.map { _ in Set<Int>() }
        for split in splits.prefix(pruning.count(of: splits.count)) { leaves[split.tree].insert(split.node) }
        let pruned = zip(trees, leaves).map { $0.pruned($1, learningRate: learningRate) }
        let path = ["learner", "gradient_booster", "model", "trees"]
        bytes = Array(json.replacing(path[...], with: .array(pruned)).line.utf8)
    }

    /// A tree's lists.
    private struct Tree {
        let json: JSON
        let left: [Int]
        let right: [Int]
        let lists: [String: [JSON]]

        init(_ json: JSON, number: Int) throws(LearningError) {
            self.json = json
            var lists: [String: [JSON]] = [:]
            for (name, _) in TreePruning.lists { lists[name] = json[name].elements }
            guard let left = lists["left_children"]?.map(\.wholeNumber),
                let right = lists["right_children"]?.map(\.wholeNumber)
            else { throw .trees("tree \(number) has no lists of children") }
            for (name, _) in TreePruning.lists where lists[name]?.count != left.count {
                throw .trees("tree \(number) does not tell '\(name)' of each node; train it again")
            }
            (self.left, self.right, self.lists) = (left, right, lists)
        }

        /// The splits that can be reached, each with the largest gain of itself and those below it.
        var effectiveGains: [(node: Int, gain: Double, depth: Int)] {
            var order: [(node: Int, depth: Int)] = [(0, 0)]
            var place = 0
            while place < order.count {
                let (node, depth) = order[place]
                place += 1
                if left[node] >= 0 { order += [(left[node], depth + 1), (right[node], depth + 1)] }
            }
            var gains = [Double](repeating: -.infinity, count: left.count)
            for (node, _) in order.reversed() where left[node] >= 0 {
                gains[node] = max(lists["loss_changes"]?[node].double ?? 0, gains[left[node]], gains[right[node]])
            }
            return order.filter { left[$0.node] >= 0 }.map { ($0.node, gains[$0.node], $0.depth) }
        }

        /// The tree with some splits made leaves, and without what lay below them.
        func pruned(_ leaves: Set<Int>, learningRate: Double) -> JSON {
            var isKept = [Bool](repeating: false, count: left.count)
            var waiting = [0]
            while let node = waiting.popLast() {
                isKept[node] = true
                if left[node] >= 0, !leaves.contains(node) { waiting += [left[node], right[node]] }
            }
            let kept = isKept.indices.filter { isKept[$0] }
            var numbers = [Int](repeating: 0, count: left.count)
            for (number, node) in kept.enumerated() { numbers[node] = number }
            var object = JSONObject()
            guard case .object(let old) = json else { return json }
            for (key, value) in old.members {
                if key == "tree_param", case .object(let parameters) = value {
                    var changed = JSONObject()
                    for (name, text) in parameters.members {
                        changed[name] =
                            name == "num_nodes" ? .string("\(kept.count)") : name == "num_deleted" ? .string("0") : text
                    }
                    object[key] = .object(changed)
                    continue
                }
                guard let values = lists[key], let list = TreePruning.lists.first(where: { $0.name == key }) else {
                    object[key] = value
                    continue
                }
                object[key] = JSON(kept) { node in
                    if leaves.contains(node) {
                        if let leaf = list.leaf { return leaf }
                        if key == "split_conditions" || key == "base_weights" {
                            let weight = lists["base_weights"]?[node].double ?? 0
                            return .number(Double(Float(weight) * Float(learningRate)))
                        }
                    }
                    switch key {
                    case "left_children", "right_children":
                        let child = values[node].wholeNumber
                        return JSON(child < 0 ? -1 : numbers[child])
                    case "parents": return node == 0 ? values[node] : JSON(numbers[values[node].wholeNumber])
                    default: return values[node]
                    }
                }
            }
            return .object(object)
        }
    }
}

extension JSON {
    /// A whole number with a sign; -1 for what is none.
    fileprivate var wholeNumber: Int { double.flatMap { Int(exactly: $0) } ?? -1 }

    /// The value with another one at a path of keys.
    fileprivate func replacing(_ path: ArraySlice<String>, with value: JSON) -> JSON {
        guard let key = path.first else { return value }
        guard case .object(let object) = self else { return self }
        var changed = JSONObject()
        for (name, old) in object.members {
            changed[name] = name == key ? old.replacing(path.dropFirst(), with: value) : old
        }
        return .object(changed)
    }
}
