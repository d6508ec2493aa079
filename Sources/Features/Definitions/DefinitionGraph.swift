/// Which definition is made of which: paths of data, sources, entities, views, labels and services.
public struct DefinitionGraph: Sendable {
    /// What stands at one end of an edge.
    public struct Node: Hashable, Sendable {
        /// `entity`, `source`, `view`, `label`, `service`, or `data` for a path.
        public let kind: String
        /// The name, or the path.
        public let name: String
    }

    /// All nodes: data first, then what is made of it.
    public private(set) var nodes: [Node] = []
    /// Each edge from what is used to what uses it, in the order of the nodes.
    public private(set) var edges: [(from: Node, to: Node)] = []

    /// The graph of all definitions.
    public init(_ definitions: Definitions) {
        func node(_ kind: DefinitionKind, _ name: String) -> Node { Node(kind: kind.rawValue, name: name) }
        var data: [Node] = []
        func connectData(_ path: SourcePath?, _ to: Node) {
            guard let path else { return }
            let from = Node(kind: "data", name: path.text)
            if !data.contains(from) { data.append(from) }
            edges.append((from, to))
        }
        for source in definitions.sources { connectData(source.path, node(.source, source.name)) }
        for view in definitions.views {
            edges.append((node(.entity, view.entity), node(.view, view.name)))
            edges.append((node(.source, view.source), node(.view, view.name)))
        }
        for label in definitions.labels {
            connectData(label.spine, node(.label, label.name))
            if let source = label.source { edges.append((node(.source, source), node(.label, label.name))) }
        }
        for service in definitions.services {
            let target = node(.service, service.name)
            if let label = service.label { edges.append((node(.label, label), target)) }
            var seen: Set<String> = []
            for entry in service.entries where seen.insert(entry.view).inserted {
                edges.append((node(.view, entry.view), target))
            }
        }
        nodes = data.sorted { $0.name < $1.name }
        nodes +=
            definitions.entities.map { node(.entity, $0.name) } + definitions.sources.map { node(.source, $0.name) }
        nodes += definitions.views.map { node(.view, $0.name) } + definitions.labels.map { node(.label, $0.name) }
        nodes += definitions.services.map { node(.service, $0.name) }
    }

    /// The nodes that a node is made of.
    public func inputs(of node: Node) -> [Node] { edges.filter { $0.to == node }.map(\.from) }

    /// The graph in Graphviz's language.
    public var dot: String {
        let shapes = [
            "data": "cylinder", "entity": "ellipse", "source": "box", "view": "component", "label": "note",
            "service": "doubleoctagon",
        ]
        func quoted(_ text: String) -> String {
            "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
        }
        func id(_ node: Node) -> String { quoted("\(node.kind) \(node.name)") }
        var text = "digraph features {\n    rankdir=LR;\n"
        for node in nodes {
            text += "    \(id(node)) [label=\(quoted(node.name)), shape=\(shapes[node.kind] ?? "box")];\n"
        }
        for edge in edges { text += "    \(id(edge.from)) -> \(id(edge.to));\n" }
        return text + "}\n"
    }
}
