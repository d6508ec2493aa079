import Features
import Tables
import TrainingSets

extension OnlineAnswer {
    /// The same, and behind it what the service makes of it and of what whoever asks gives.
    ///
    /// What is made of a value that nobody knows is not known either, whatever the expression makes of nothing.
    ///
    /// - Parameter spine: has what whoever asks gives.
    /// - Throws: what ``TrainingSets/DerivedFeatures`` throws.
    func deriving(_ plan: ServicePlan, at spine: SpineTable) throws -> OnlineAnswer {
        if plan.service.derived.isEmpty { return self }
        let fields = features.map { Field($0.name, $0.values.type) }
        guard let derived = try DerivedFeatures(plan, fields) else { return self }
        let known = Dictionary(features.map { ($0.name, $0) }) { first, _ in first }
        let columns = try derived.columns(of: known.mapValues(\.values), spine)
        var answer = self
        for (name, column) in zip(plan.service.derivedNames, columns) {
            let inputs = derived.inputs(of: name).compactMap { known[$0] }
            let isUnavailable = (0..<count).map { row in inputs.contains { $0.statuses[row] == .unavailable } }
            let statuses = (0..<count).map { row -> Status in
                isUnavailable[row] ? .unavailable : column.isNull(at: row) ? .null : .present
            }
            let values =
                isUnavailable.contains(true)
                ? column.gather(isUnavailable.indices.map { isUnavailable[$0] ? -1 : Int32($0) }, workers: 1) : column
            answer.features.append(
                Feature(
                    name: name, view: OnlineAnswer.derivedView(of: plan.service), values: values, statuses: statuses,
                    eventTimes: Array(repeating: nil, count: count)))
        }
        return answer
    }

    /// What features that a service makes itself are said to be of, where others are of a view; no view is called so.
    static func derivedView(of service: FeatureService) -> String { "service:\(service.name)" }
}
