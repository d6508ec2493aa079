/// Why the bytes of a tree model are not taken.
public enum TreeModelError: Error, Equatable, Sendable {
    /// They are no JSON from here on; in bytes from the beginning.
    case syntax(offset: Int, reason: String)
    /// Something that every model has is not there.
    case missing(String)
    /// It may be a model, but one that is not known here.
    case unsupported(String)
    /// What it says of all trees does not fit together.
    case header(String)
    /// A tree has something wrong, at a node or as a whole; both are counted from 0.
    case tree(Int, node: Int?, TreeDamage)
}

/// What is wrong with a tree.
public enum TreeDamage: Error, Equatable, Sendable {
    /// It has no nodes.
    case empty
    /// Its lists have different lengths.
    case lengths
    /// A child is no node of the tree.
    case childOutside
    /// A node has one child, and not two or none.
    case oneChild
    /// A node has two parents, or is below itself.
    case sharedNode
    /// A question is about a column that rows do not have.
    case columnOutside
    /// A threshold is no finite number.
    case threshold
    /// A leaf is no finite number.
    case leaf
    /// It adds to an output that the model does not have.
    case outputOutside
}

extension TreeModelError: CustomStringConvertible {
    /// What is wrong and where, in a part of a line.
    public var description: String {
        switch self {
        case .syntax(let offset, let reason): "\(reason) at byte \(offset)"
        case .missing(let what): "it has no \(what)"
        case .unsupported(let what): "\(what)"
        case .header(let reason): reason
        case .tree(let number, let node, let damage):
            "tree \(number)\(node.map { ", node \($0)" } ?? ""): \(damage.description)"
        }
    }
}

extension TreeDamage: CustomStringConvertible {
    /// What is wrong, in a part of a line.
    public var description: String {
        switch self {
        case .empty: "it has no nodes"
        case .lengths: "its lists have different lengths"
        case .childOutside: "a child is no node of the tree"
        case .oneChild: "it has one child"
        case .sharedNode: "it is below two nodes, or below itself"
        case .columnOutside: "it asks about a column that there is not"
        case .threshold: "its threshold is no finite number"
        case .leaf: "its value is no finite number"
        case .outputOutside: "it adds to an output that there is not"
        }
    }
}
