namespace OrleansFlow.Graphs;

/// <summary>When and how often a failed task is tried again. Lost leases do not count: they spend no retry.</summary>
public sealed class RetryPolicy
{
    internal static readonly RetryPolicy Default = new();

    /// <summary>Retries after the first attempt: attempts = 1 + max. Default 2. Range 0 to 100.</summary>
    public int Max { get; init; } = 2;

    /// <summary>Seconds before the first retry. Default 1. Range 0 to 86 400.</summary>
    public double BackoffSec { get; init; } = 1;

    /// <summary>How the wait grows: <c>exponential</c> (default; it doubles), <c>linear</c> (by the first wait) or <c>constant</c>.</summary>
    public string Backoff { get; init; } = "exponential";

    /// <summary>By how much each wait may be longer or shorter, in percent, so that tasks that failed together do not come back together. Default 0. Range 0 to 100.</summary>
    public double JitterPct { get; init; }

    /// <summary>Longest wait between two tries, in seconds. Default 60. Range 0 to 86 400.</summary>
    public double MaxBackoffSec { get; init; } = 60;

    /// <summary>Reasons that end the task at once, whatever the handler said about retrying.</summary>
    public IReadOnlyList<string> PermanentOn { get; init; } = ["bad_input", "schema_mismatch"];
}
