namespace OrleansFlow.Grains.Workflows;

/// <summary>Where the jitter of retry waits comes from. A simulation registers its own.</summary>
/// <param name="next">Gives an even random number, 0 to below 1. Called from many threads.</param>
public sealed class WorkflowChance(Func<double> next)
{
    /// <summary>Always the middle: waits are what the policy says without jitter.</summary>
    public static WorkflowChance Even { get; } = new(static () => 0.5);

    /// <summary>From a source that one thread at a time may use.</summary>
    /// <param name="random">The source.</param>
    public static WorkflowChance Of(Random random)
    {
        ArgumentNullException.ThrowIfNull(random);
        var gate = new Lock();
        return new WorkflowChance(() =>
        {
            lock (gate)
            {
                return random.NextDouble();
            }
        });
    }

    /// <summary>The next number.</summary>
    public double Next() => next();
}
