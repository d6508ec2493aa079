import Splits
import TextFormats

extension TrainingConfiguration {
    /// All settings with their values, also those of which the file says nothing.
    func describe() -> JSONObject {
        var object = JSONObject()
        object["model"] = .string(model.rawValue)
        object["label"] = .string(label)
        object["positive"] = JSON(positive)
        object["features"] = features.map { JSON($0) { .string($0) } } ?? .null
        object["exclude"] = JSON(exclude) { .string($0) }
        object["categorical"] = JSON(categorical) { .string($0) }
        object["weight"] = JSON(weight)
        if let ranking {
            object["group"] = .string(ranking.group)
            object["cutoff"] = JSON(ranking.cutoff)
        }
        object["split"] = describedSplit
        object["loss"] = JSON(loss?.rawValue)
        object["hidden"] = JSON(hidden) { JSON($0) }
        object["activation"] = .string(activation.rawValue)
        object["dropout"] = JSON(trainer.dropout)
        var embedding = JSONObject()
        embedding["dimension"] = dimension.map { JSON($0) } ?? .null
        embedding["minimum_count"] = JSON(preprocessing.minimumCount)
        embedding["maximum_size"] = JSON(preprocessing.maximumSize)
        object["embedding"] = .object(embedding)
        object["impute"] = .string(preprocessing.imputation.rawValue)
        object["scale"] = .string(preprocessing.scaling.rawValue)
        object["indicators"] = .bool(preprocessing.hasIndicators)
        object["optimizer"] = .object(describedOptimizer)
        object["batch_size"] = JSON(trainer.batchSize)
        object["epochs"] = JSON(trainer.epochs)
        if let patience = trainer.patience {
            var stopping = JSONObject()
            stopping["patience"] = JSON(patience)
            stopping["minimum_gain"] = JSON(trainer.minimumGain)
            object["early_stopping"] = .object(stopping)
        }
        switch classWeights {
        case .none: break
        case .balanced: object["class_weights"] = .string("balanced")
        case .given(let weights):
            var given = JSONObject()
            for (name, weight) in weights.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
                given[name] = JSON(weight)
            }
            object["class_weights"] = .object(given)
        }
        if model == .trees { object["trees"] = .object(describedTrees) }
        object["seed"] = JSON(trainer.seed)
        object["slices"] = JSON(slices) { .string($0) }
        object["bootstrap"] = JSON(resamples)
        return object
    }

    private var describedOptimizer: JSONObject {
        let optimizer = trainer.optimizer
        var object = JSONObject()
        object["name"] = .string(optimizer.rule.rawValue)
        object["learning_rate"] = JSON(optimizer.learningRate)
        switch optimizer.rule {
        case .adam:
            object["beta1"] = JSON(optimizer.beta1)
            object["beta2"] = JSON(optimizer.beta2)
            object["epsilon"] = JSON(optimizer.epsilon)
        case .sgd: object["momentum"] = JSON(optimizer.momentum)
        }
        object["weight_decay"] = JSON(optimizer.weightDecay)
        var schedule = JSONObject()
        schedule["name"] = .string(optimizer.schedule.course.rawValue)
        schedule["warmup"] = JSON(optimizer.schedule.warmup)
        schedule["floor"] = JSON(optimizer.schedule.floor)
        schedule["factor"] = JSON(optimizer.schedule.factor)
        schedule["every"] = JSON(optimizer.schedule.every)
        object["schedule"] = .object(schedule)
        return object
    }

    private var describedTrees: JSONObject {
        var object = JSONObject()
        object["rounds"] = JSON(trees.rounds)
        object["learning_rate"] = JSON(trees.learningRate)
        object["depth"] = JSON(trees.depth)
        object["minimum_weight"] = JSON(trees.minimumWeight)
        object["row_share"] = JSON(trees.rowShare)
        object["column_share"] = JSON(trees.columnShare)
        object["ridge"] = JSON(trees.ridge)
        object["lasso"] = JSON(trees.lasso)
        object["minimum_gain"] = JSON(trees.minimumGain)
        object["bins"] = JSON(trees.bins)
        return object
    }

    private var describedSplit: JSON {
        var object = JSONObject()
        switch split {
        case nil: return .null
        case .column(let name): object["column"] = .string(name)
        case .request(let request):
            object["by"] = .string(request.method.rawValue)
            object["time"] = JSON(request.time)
            object["fractions"] = request.fractions.map { JSON($0) { .string($0) } } ?? .null
            object["validation_from"] = JSON(request.validationFrom?.iso8601)
            object["test_from"] = JSON(request.testFrom?.iso8601)
            object["horizon"] = JSON(request.horizon.seconds)
            object["embargo"] = JSON(request.embargo.seconds)
            object["group"] = JSON(request.group) { .string($0) }
            object["stratify"] = JSON(request.stratify) { .string($0) }
            object["seed"] = JSON(request.seed)
        }
        return .object(object)
    }
}
