using System.Globalization;

namespace OrleansFlow.StreamJobs;

/// <summary>How an async function is called.</summary>
public sealed record AsyncOptions
{
    /// <summary>Whether rows leave in the order in which they came. Default true; else as they are ready, but none crosses a watermark.</summary>
    public bool IsOrdered { get; init; } = true;

    /// <summary>How long a call may take. Default 30 s. 1 ms to 1 h.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Calls of a subtask under way at most; then it waits, and those that send to it. Default 100. 1 to 10,000.</summary>
    public int InFlightMax { get; init; } = 100;

    /// <summary>How often a row is tried. Default 1. 1 to 100.</summary>
    public int AttemptsMax { get; init; } = 1;

    /// <summary>Between two attempts. Default 1 s. 0 to 1 h.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    internal IEnumerable<(string Name, string Value)> ToOptions() =>
    [
        ("order", IsOrdered ? "ordered" : "unordered"),
        ("timeout", Text(Timeout)),
        ("in_flight", InFlightMax.ToString(CultureInfo.InvariantCulture)),
        ("attempts", AttemptsMax.ToString(CultureInfo.InvariantCulture)),
        ("retry_delay", Text(RetryDelay)),
    ];

    internal string? Problem() =>
        Timeout < TimeSpan.FromMilliseconds(1) || Timeout > TimeSpan.FromHours(1) ? $"Timeout is {Timeout}; it is 1 ms to 1 h."
        : InFlightMax is < 1 or > 10_000 ? string.Create(CultureInfo.InvariantCulture, $"InFlightMax is {InFlightMax}; it is 1 to 10000.")
        : AttemptsMax is < 1 or > 100 ? string.Create(CultureInfo.InvariantCulture, $"AttemptsMax is {AttemptsMax}; it is 1 to 100.")
        : RetryDelay < TimeSpan.Zero || RetryDelay > TimeSpan.FromHours(1) ? $"RetryDelay is {RetryDelay}; it is 0 to 1 h."
        : null;

    private static string Text(TimeSpan length) => length.TotalMilliseconds.ToString("0.####", CultureInfo.InvariantCulture) + " ms";
}
