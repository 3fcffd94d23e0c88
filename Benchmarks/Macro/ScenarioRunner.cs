using System.Diagnostics;

namespace OrleansFlow.Benchmarks.Macro;

/// <summary>Runs one scenario: warm-up, then rounds of value and baseline in turn, then the medians.</summary>
internal static class ScenarioRunner
{
    public const int DefaultRounds = 5;

    public static async Task<ScenarioResult> RunAsync(Scenario scenario, int rounds, CancellationToken cancellationToken)
    {
        await scenario.SetUpAsync(cancellationToken);
        await scenario.MeasureAsync(cancellationToken);
        await scenario.MeasureBaselineAsync(cancellationToken);
        var further = scenario.FurtherBaselines;
        foreach (var other in further)
        {
            await other.MeasureAsync(cancellationToken);
        }

        using var process = Process.GetCurrentProcess();
        var cpuBefore = process.TotalProcessorTime;
        var pauseBefore = GC.GetTotalPauseDuration();
        var samples = new List<Sample>();
        var baselines = new List<double>();
        var furtherValues = further.Select(_ => new List<double>()).ToArray();
        var parts = scenario.Parts.Keys.ToDictionary(name => name, _ => (Values: new List<double>(), Baselines: new List<double>()), StringComparer.Ordinal);
        var facts = scenario.Facts.Keys.ToDictionary(name => name, _ => new List<double>(), StringComparer.Ordinal);
        for (var round = 0; round < rounds; round++)
        {
            samples.Add(await scenario.MeasureAsync(cancellationToken));
            baselines.Add(await scenario.MeasureBaselineAsync(cancellationToken));
            foreach (var (name, part) in parts)
            {
                part.Values.Add(scenario.Parts[name]);
                part.Baselines.Add(scenario.BaselineParts[name]);
            }

            foreach (var (name, values) in facts)
            {
                values.Add(scenario.Facts[name]);
            }

            for (var index = 0; index < further.Count; index++)
            {
                furtherValues[index].Add(await further[index].MeasureAsync(cancellationToken));
            }
        }

        process.Refresh();
        var value = Median([.. samples.Select(sample => sample.Value)]);
        var baseline = Median([.. baselines]);
        double[] latencies = [.. samples.SelectMany(sample => sample.LatenciesMs ?? [])];
        Array.Sort(latencies);
        double[] allocations = [.. samples.Select(sample => sample.AllocatedBytesPerOperation).OfType<double>()];
        double[] held = [.. samples.Select(sample => sample.HeldBytesPerOperation).OfType<double>()];
        double[] outsideGc = [.. samples.Select(sample => sample.MaxMsOutsideGc).OfType<double>()];
        double[] cpuPerGb = [.. samples.Select(sample => sample.CpuSecondsPerGb).OfType<double>()];
        double[] peerCpuPerGb = [.. samples.Select(sample => sample.PeerCpuSecondsPerGb).OfType<double>()];
        double[] cpuMicros = [.. samples.Select(sample => sample.CpuMicrosPerOperation).OfType<double>()];
        double[] peerCpuMicros = [.. samples.Select(sample => sample.PeerCpuMicrosPerOperation).OfType<double>()];
        double[] furtherMedians = [.. furtherValues.Select(values => Median([.. values]))];
        return new ScenarioResult
        {
            Scenario = scenario.Name,
            Unit = scenario.Unit,
            Value = Round(value),
            Baseline = new Baseline(scenario.BaselineName, Round(baseline)),
            Ratio = Round(value / baseline),
            FurtherBaselines = further.Count > 0
                ? [.. further.Select((other, index) => new RatedBaseline(other.Name, Round(furtherMedians[index]), Round(value / furtherMedians[index])))]
                : null,
            Better = scenario.HigherIsBetter ? "higher" : "lower",
            Spread = [Round(samples.Min(sample => sample.Value)), Round(samples.Max(sample => sample.Value))],
            P50Ms = latencies.Length > 0 ? Round(Quantile(latencies, 0.50)) : null,
            P99Ms = latencies.Length > 0 ? Round(Quantile(latencies, 0.99)) : null,
            MaxMsOutsideGc = outsideGc.Length > 0 ? Round(Median(outsideGc)) : null,
            AllocatedBytesPerOp = allocations.Length > 0 ? Round(Median(allocations)) : null,
            HeldBytesPerOp = held.Length > 0 ? Round(Median(held)) : null,
            CpuSecondsPerGb = cpuPerGb.Length > 0 ? Round(Median(cpuPerGb)) : null,
            PeerCpuSecondsPerGb = peerCpuPerGb.Length > 0 ? Round(Median(peerCpuPerGb)) : null,
            CpuMicrosPerOp = cpuMicros.Length > 0 ? Round(Median(cpuMicros)) : null,
            PeerCpuMicrosPerOp = peerCpuMicros.Length > 0 ? Round(Median(peerCpuMicros)) : null,
            PeakRssMb = Round(process.PeakWorkingSet64 / 1048576.0),
            CpuS = Round((process.TotalProcessorTime - cpuBefore).TotalSeconds),
            GcPauseS = Round((GC.GetTotalPauseDuration() - pauseBefore).TotalSeconds),
            Durability = scenario.Durability,
            FsyncMs = await scenario.FsyncMsAsync(cancellationToken) is { } fsyncMs ? Round(fsyncMs) : null,
            Rounds = rounds,
            Facts = facts.Count > 0 ? facts.ToDictionary(fact => fact.Key, fact => Round(Median([.. fact.Value])), StringComparer.Ordinal) : null,
            Parts = [.. parts.OrderBy(part => part.Key, StringComparer.Ordinal).Select(part => Part(scenario, part.Key, part.Value.Values, part.Value.Baselines))],
        };
    }

    private static PartResult Part(Scenario scenario, string name, List<double> values, List<double> baselines)
    {
        var value = Median([.. values]);
        var baseline = Median([.. baselines]);
        return new PartResult(
            scenario.Name, name, scenario.Unit, Round(value), new Baseline(scenario.BaselineName, Round(baseline)), Round(value / baseline),
            [Round(values.Min()), Round(values.Max())]);
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        return values.Length % 2 == 1 ? values[values.Length / 2] : (values[(values.Length / 2) - 1] + values[values.Length / 2]) / 2;
    }

    /// <summary>Nearest-rank quantile of sorted values.</summary>
    private static double Quantile(double[] sorted, double fraction) => sorted[Math.Max(0, (int)Math.Ceiling(fraction * sorted.Length) - 1)];

    /// <summary>Four significant digits: more would claim a precision that no machine here has.</summary>
    private static double Round(double value)
    {
        if (value == 0 || !double.IsFinite(value))
        {
            return value;
        }

        var scale = Math.Pow(10, 3 - (int)Math.Floor(Math.Log10(Math.Abs(value))));
        return Math.Round(value * scale) / scale;
    }
}
