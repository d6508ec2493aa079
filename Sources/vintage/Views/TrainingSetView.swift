import Features
import ObjectStore
import Tables
import TextFormats
import TrainingSets
import Workspace

extension WorkspaceState {
    /// The plan of a service that an argument names; of the only one, if it names none.
    func plan(_ name: RawArgument?) throws -> ServicePlan {
        if let name { return try definitions.plan(forService: name.text) }
        guard definitions.services.count == 1 else {
            let names = definitions.services.map(\.name).joined(separator: ", ")
            throw TrainingSetError.misuse(
                names.isEmpty
                    ? "there is no service under features/; define one, as Docs/features.md shows"
                    : "name a service with --service: \(names)")
        }
        return try definitions.plan(forService: definitions.services[0].name)
    }
}

extension TrainingSet {
    /// What was joined, for scripts.
    func json(_ state: WorkspaceState, output: String) -> JSONObject {
        var object = JSONObject()
        object["output"] = .string(output)
        object["service"] = .string(plan.service.name)
        object["rows"] = JSON(table.count)
        object["features"] = JSON(plan.columnNames) { .string($0) }
        object["inputs"] = JSON(inputs) { .object($0.json) }
        object["definitions"] = .object(state.json(plan))
        return object
    }
}

extension WorkspaceState {
    fileprivate func json(_ plan: ServicePlan) -> JSONObject {
        var object = JSONObject()
        object["commit"] = JSON(definitionsCommit)
        object["digest"] = .string(plan.digest.description)
        return object
    }
}

extension Snapshot.Input {
    /// The artifact and its snapshot, for scripts.
    var json: JSONObject {
        var object = JSONObject(path: artifact)
        object["snapshot"] = .string(snapshot.description)
        return object
    }
}
