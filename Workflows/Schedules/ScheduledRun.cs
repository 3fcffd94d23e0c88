using OrleansFlow.Tasks;
using OrleansFlow.Workflows.Retries;
using OrleansFlow.Workflows.Runs;

namespace OrleansFlow.Workflows.Schedules;

/// <summary>What a schedule starts.</summary>
public sealed class ScheduledRun
{
    /// <summary>The workflow's name.</summary>
    public required string Workflow { get; init; }

    /// <summary>Its version.</summary>
    /// <value>Default 0: the highest that is known when a run starts.</value>
    public int Version { get; init; }

    /// <summary>The start node's input.</summary>
    public Payload Input { get; init; }

    /// <summary>The context to begin with; none for an empty one.</summary>
    public Payload Context { get; init; }

    /// <summary>A run fails unless it has ended in this time.</summary>
    /// <value>Default null: never.</value>
    public TimeSpan? Deadline { get; init; }

    /// <summary>How failed steps are repeated whose node does not say.</summary>
    /// <value>Default null: <see cref="StepRetryPolicy.Default"/>.</value>
    public StepRetryPolicy? Retry { get; init; }

    /// <summary>What its runs can be found by, beside <c>schedule</c> with the schedule's id.</summary>
    public IReadOnlyDictionary<string, string>? Attributes { get; init; }

    internal IEnumerable<string> Faults()
    {
        if (!IdText.IsValid(Workflow))
        {
            yield return $"'{Workflow}' is not the name of a workflow.";
        }

        if (Version < 0)
        {
            yield return $"'version' is {Version}; it is 1 or more, or 0 for the newest.";
        }

        if (Deadline <= TimeSpan.Zero)
        {
            yield return $"'deadline' is {Deadline}; it is more than zero.";
        }

        if (Attributes?.Count > 31)
        {
            yield return $"{Attributes.Count} attributes; at most 31 are possible.";
        }
    }
}
