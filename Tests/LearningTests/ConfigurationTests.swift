import Learning
import Testing

@Suite struct ConfigurationTests {
    private func parse(_ text: String, seed: UInt64? = nil) throws -> TrainingConfiguration {
        try TrainingConfiguration(parsing: Array(text.utf8), file: "train.yaml", seed: seed)
    }

    private func problem(_ text: String) -> String {
        do {
            _ = try parse(text)
            return "nothing is wrong"
        } catch {
            return "\(error)"
        }
    }

    @Test("every setting is read")
    func everything() throws {
        let settings = try parse(
            """
            model: mlp
            label: late
            positive: "true"
            features: [temp, carrier, hour]
            exclude: [hour]
            categorical: [origin]
            weight: w
            split: {by: time, time: scheduled, fractions: [0.6, 0.2, 0.2], horizon: 24h, embargo: 1h}
            loss: focal
            hidden: [32, 8, 8]
            activation: sigmoid
            dropout: 0.25
            embedding: {dimension: 6, minimum_count: 5, maximum_size: 100}
            impute: mean
            scale: robust
            indicators: false
            optimizer:
              name: sgd
              learning_rate: 0.5
              momentum: 0.8
              weight_decay: 0.01
              schedule: {name: step, warmup: 3, factor: 0.5, every: 4}
            batch_size: 64
            epochs: 7
            early_stopping: {patience: 2, minimum_gain: 0.001}
            class_weights: {"true": 3}
            seed: 9
            slices: [carrier]
            bootstrap: 50
            """)
        #expect(settings.hidden == [32, 8, 8])
        #expect(settings.activation == .sigmoid)
        #expect(settings.loss == .focal)
        #expect(settings.dimension == 6)
        #expect(settings.trainer.dropout == 0.25)
        #expect(settings.trainer.optimizer.rule == .sgd)
        #expect(settings.trainer.optimizer.momentum == 0.8)
        #expect(settings.trainer.optimizer.schedule.every == 4)
        #expect(settings.trainer.patience == 2)
        #expect(settings.trainer.seed == 9)
        #expect(settings.classWeights == .given(["true": 3]))
        #expect(settings.preprocessing.imputation == .mean)
        #expect(settings.preprocessing.maximumSize == 100)
        #expect(settings.resamples == 50)
        guard case .request(let request) = settings.split else {
            Issue.record("the split is not read")
            return
        }
        #expect(request.horizon.seconds == 86_400)
        #expect(request.fractions == ["0.6", "0.2", "0.2"])
    }

    @Test("the digest follows what is meant, not how it is written")
    func digest() throws {
        let plain = try parse("label: late\nepochs: 20\n").digest
        #expect(try parse("epochs: 20   # as usual\nlabel: 'late'\n").digest == plain)
        #expect(try parse("label: late\n").digest == plain)
        #expect(try parse("label: late\nepochs: 21\n").digest != plain)
        #expect(try parse("label: late\n", seed: 3).digest != plain)
        #expect(try parse("label: late\nseed: 5\n", seed: 3).digest == parse("label: late\nseed: 3\n").digest)
    }

    @Test(
        "what is wrong is told with its line",
        arguments: [
            ("label: late\nepocs: 3\n", "train.yaml:2:1: the settings have no key 'epocs'; did you mean 'epochs'?"),
            ("model: mlp\n", "train.yaml:1:1: the settings need the key 'label', the column that is predicted"),
            ("label: late\nepochs: 0\n", "train.yaml:2:9: 'epochs' must be a whole number from 1 to 1000000, not '0'"),
            ("label: late\ndropout: 1\n", "train.yaml:2:10: 'dropout' must be a number from 0, below 1, not '1'"),
            (
                "label: late\nmodel: tree\n",
                "train.yaml:2:8: 'model' must be linear, logistic, mlp or trees, not 'tree'"
            ),
            ("label: late\nfeatures: temp\n", "train.yaml:2:11: 'features' must be a list of columns, not 'temp'"),
            (
                "label: late\nexclude: [a, b, a]\n",
                "train.yaml:2:17: 'exclude' must be a list of columns, each once, not 'a'"
            ),
            ("label:\n", "train.yaml:1:7: 'label' must be the name of a column, not empty"),
            ("- a\n", "train.yaml:1:1: the settings must be keys and values, not a list"),
            ("", "train.yaml: the file is empty"),
            (
                "label: late\noptimizer: {rate: 1}\n",
                "train.yaml:2:13: 'optimizer' has no key 'rate'; Docs/training.md lists the keys"
            ),
            (
                "label: late\noptimizer: {momentum: 0.5}\n",
                "train.yaml:2:23: 'momentum' goes with 'sgd', not with 'adam'"
            ),
            (
                "label: late\nmodel: linear\nloss: logistic\n",
                "train.yaml:3:7: the loss 'logistic' is for classes, not for the model 'linear'"
            ),
            (
                "label: late\nmodel: logistic\nhidden: [3]\n",
                "train.yaml:3:9: 'hidden' goes with the model 'mlp', not with 'logistic'"
            ),
            (
                "label: late\nsplit: {column: s, time: t}\n",
                "train.yaml:2:26: 'time' cannot stand beside 'column'; keep one of them"
            ),
            (
                "label: late\nsplit: {by: kfold, time: t}\n",
                "train.yaml:2:13: a model is trained on one split; 'kfold' makes several"
            ),
            ("label: late\nsplit: {by: time}\n", "train.yaml:2:8: '--by time' needs --time"),
            (
                "label: late\nclass_weights: {yes: -1}\n",
                "train.yaml:2:22: 'class_weights' must be balanced, or classes with a number above 0 each, not '-1'"
            ),
            ("label: late\nlabel: early\n", "train.yaml:1:1: the key 'label' is there twice"),
            ("label: [late\n", "train.yaml:2:1: not valid YAML: did not find expected ',' or ']'"),
        ])
    func problems(_ text: String, _ expected: String) { #expect(problem(text) == expected) }
}
