namespace OrleansFlow.Workflows.Retries;

/// <summary>How often and after which waits a failed step is tried again.</summary>
public sealed record StepRetryPolicy
{
    /// <summary>Attempts, the first one included.</summary>
    /// <value>Default 5; at least 1. 1 never retries.</value>
    public int MaxAttempts { get; init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "A step has at least one attempt."); } = 5;

    /// <summary>The wait after the first failed attempt.</summary>
    /// <value>Default 1 s; not negative.</value>
    public TimeSpan InitialBackoff { get; init => field = NotNegative(value); } = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait, before jitter.</summary>
    /// <value>Default 10 s; not negative.</value>
    public TimeSpan MaxBackoff { get; init => field = NotNegative(value); } = TimeSpan.FromSeconds(10);

    /// <summary>How the wait grows.</summary>
    /// <value>Default <see cref="BackoffStrategy.Exponential"/>.</value>
    public BackoffStrategy Strategy { get; init; }

    /// <summary>A fixed time on top of each wait, which may take it beyond <see cref="MaxBackoff"/>.</summary>
    /// <value>Default none; not negative.</value>
    public TimeSpan FixedJitter { get; init => field = NotNegative(value); }

    /// <summary>By how much chance makes a wait longer or shorter, in percent of it.</summary>
    /// <value>Default 0; 0 to 100.</value>
    public double JitterPercent
    {
        get;
        init => field = value is >= 0 and <= 100 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "Jitter is 0 to 100 percent.");
    }

    /// <summary>Which failures are worth another attempt.</summary>
    /// <value>Default all.</value>
    public FailureKinds RetryOn { get; init; } = FailureKinds.All;

    /// <summary>What a worker uses where neither it nor the node says otherwise: 5 attempts, after 1, 2, 4 and 8 s.</summary>
    public static StepRetryPolicy Default { get; } = new();

    /// <summary>One attempt.</summary>
    public static StepRetryPolicy Never { get; } = new() { MaxAttempts = 1 };

    /// <summary>Whether a failed attempt is followed by another.</summary>
    /// <param name="failure">Why it failed.</param>
    /// <param name="attempt">Which attempt failed, from 1.</param>
    public bool ShouldRetry(FailureKinds failure, int attempt) => attempt < MaxAttempts && (RetryOn & failure) != 0;

    /// <summary>How long to wait after a failed attempt.</summary>
    /// <param name="attempt">Which attempt failed, from 1.</param>
    /// <param name="chance">An even random number, 0 to below 1; 0.5 adds nothing. Only <see cref="JitterPercent"/> uses it.</param>
    public TimeSpan BackoffAfter(int attempt, double chance = 0.5)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(attempt, 1);

        // The factor ends at the largest 32-bit number, and the product at MaxBackoff, so nothing overflows.
        var factor = Strategy switch
        {
            BackoffStrategy.Constant => 1.0,
            BackoffStrategy.Linear => attempt,
            _ => attempt > 32 ? uint.MaxValue : 1UL << (attempt - 1),
        };
        var ticks = InitialBackoff.Ticks * factor;
        var wait = ticks >= MaxBackoff.Ticks ? MaxBackoff : TimeSpan.FromTicks((long)ticks);
        return (wait * (1 + (JitterPercent / 100 * ((2 * chance) - 1)))) + FixedJitter;
    }

    private static TimeSpan NotNegative(TimeSpan value) =>
        value >= TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "A wait is not negative.");
}
