namespace OrleansFlow.Decisions.Graphs;

/// <summary>One reason why a run or node stands where it does.</summary>
/// <param name="Code">Stable text, one of <see cref="WhyCodes"/>.</param>
/// <param name="Text">One sentence for people that names the thing and the way out.</param>
/// <param name="Node">Id of the node that it is about; null for the run.</param>
/// <param name="UntilUtc">When time changes it; null when time does not.</param>
public sealed record WhyReason(string Code, string Text, string? Node = null, DateTimeOffset? UntilUtc = null);

/// <summary>Stable texts of <see cref="WhyReason"/>. They travel and are shown to people.</summary>
public static class WhyCodes
{
    /// <summary>It has completed.</summary>
    public const string Completed = "completed";

    /// <summary>It failed.</summary>
    public const string Failed = "failed";

    /// <summary>It was cancelled.</summary>
    public const string Cancelled = "cancelled";

    /// <summary>The run went another way.</summary>
    public const string Skipped = "skipped";

    /// <summary>Tasks of it run.</summary>
    public const string Running = "running";

    /// <summary>The run is paused.</summary>
    public const string Paused = "paused";

    /// <summary>Parents have to lead to it first.</summary>
    public const string WaitingForParents = "waiting_for_parents";

    /// <summary>Its tasks have ended, its input has not.</summary>
    public const string WaitingForInput = "waiting_for_input";

    /// <summary>It gave its early start up and waits for the end of its parents.</summary>
    public const string HeldBack = "held_back";

    /// <summary>What it reads was lost, and is made again.</summary>
    public const string ArtifactLost = "artifact_lost";

    /// <summary>A task waits before it is tried again.</summary>
    public const string BackingOff = "backing_off";

    /// <summary>It waits for somebody's answer.</summary>
    public const string Approval = "approval";

    /// <summary>Nobody serves its role.</summary>
    public const string NoWorker = "no_worker";

    /// <summary>Workers serve its role, but none has what the node needs: a label, a version.</summary>
    public const string NeedsUnmet = "needs_unmet";

    /// <summary>Every slot of its role's workers is taken.</summary>
    public const string SlotsFull = "slots_full";

    /// <summary>A limit is reached.</summary>
    public const string Limit = "limit";

    /// <summary>It is about to be leased.</summary>
    public const string Queued = "queued";
}
