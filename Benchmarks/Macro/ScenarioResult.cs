using System.Text.Json.Serialization;

namespace OrleansFlow.Benchmarks.Macro;

/// <summary>One line of <c>flow bench</c>. Members that do not apply are left out.</summary>
internal sealed record ScenarioResult
{
    public required string Scenario { get; init; }

    public required string Unit { get; init; }

    /// <summary>Median of the rounds.</summary>
    public required double Value { get; init; }

    public required Baseline Baseline { get; init; }

    /// <summary>Always value / baseline.</summary>
    public required double Ratio { get; init; }

    /// <summary>Further things of the same run, and the value over each.</summary>
    public IReadOnlyList<RatedBaseline>? FurtherBaselines { get; init; }

    /// <summary><c>higher</c> or <c>lower</c>.</summary>
    public required string Better { get; init; }

    /// <summary>Smallest and largest value of the rounds.</summary>
    public required double[] Spread { get; init; }

    public double? P50Ms { get; init; }

    public double? P99Ms { get; init; }

    /// <summary>Largest delay, less what the garbage collector held the process still meanwhile; median of the rounds.</summary>
    public double? MaxMsOutsideGc { get; init; }

    public double? AllocatedBytesPerOp { get; init; }

    public double? HeldBytesPerOp { get; init; }

    /// <summary>Processor time of the measuring process for a gigabyte.</summary>
    [JsonPropertyName("cpu_s_per_gb")]
    public double? CpuSecondsPerGb { get; init; }

    /// <summary>Processor time of the process at the other end for a gigabyte.</summary>
    [JsonPropertyName("peer_cpu_s_per_gb")]
    public double? PeerCpuSecondsPerGb { get; init; }

    /// <summary>Processor time of the measuring process for one operation, in microseconds.</summary>
    [JsonPropertyName("cpu_us_per_op")]
    public double? CpuMicrosPerOp { get; init; }

    /// <summary>The same of the processes at the other end.</summary>
    [JsonPropertyName("peer_cpu_us_per_op")]
    public double? PeerCpuMicrosPerOp { get; init; }

    /// <summary>Of the measuring process, which hosts the silo.</summary>
    public required double PeakRssMb { get; init; }

    /// <summary>Processor time of the measuring process over all rounds, baseline included.</summary>
    public required double CpuS { get; init; }

    /// <summary>Of <see cref="CpuS"/>'s time span: how long the garbage collector held the measuring process still.</summary>
    public required double GcPauseS { get; init; }

    public string? Durability { get; init; }

    public double? FsyncMs { get; init; }

    public required int Rounds { get; init; }

    /// <summary>What else the rounds showed, by a name with its unit; medians.</summary>
    public IReadOnlyDictionary<string, double>? Facts { get; init; }

    /// <summary>What the value consists of; each is a line of its own.</summary>
    [JsonIgnore]
    public IReadOnlyList<PartResult> Parts { get; init; } = [];
}

/// <summary>The line of one part of a scenario, such as a query.</summary>
internal sealed record PartResult(string Scenario, string Part, string Unit, double Value, Baseline Baseline, double Ratio, double[] Spread);

internal sealed record Baseline(string Name, double Value);

internal sealed record RatedBaseline(string Name, double Value, double Ratio);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ScenarioResult))]
[JsonSerializable(typeof(PartResult))]
internal sealed partial class ResultJson : JsonSerializerContext;
