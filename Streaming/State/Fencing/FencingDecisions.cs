namespace OrleansFlow.Streaming.State.Fencing;

/// <summary>What is done next to publish a checkpoint.</summary>
internal enum PublishStep
{
    /// <summary>Store the manifest, unless the same one is there.</summary>
    StoreManifest,

    /// <summary>Find out whether the parent counts.</summary>
    ReadParent,

    /// <summary>Write in the generation's own record that this is its latest manifest.</summary>
    NoteGeneration,

    /// <summary>Create the record of <see cref="PublishView.NextClaim"/>.</summary>
    Claim,

    /// <summary>Find out whether a later epoch has a record.</summary>
    CheckNewest,

    /// <summary>Find out whether the sinks committed.</summary>
    ReadCommitted,

    /// <summary>Nothing: see <see cref="PublishView.Outcome"/>.</summary>
    Done,
}

/// <summary>What is known of a checkpoint that is being published.</summary>
/// <param name="Own">The record that makes it count.</param>
/// <param name="NeedsCommit">Whether its sinks wait for the commit.</param>
/// <param name="NextClaim">The epoch whose record is created next: all from the parent's on, so that nobody slips in between.</param>
internal sealed record PublishView(EpochRecord Own, bool NeedsCommit, long NextClaim)
{
    public bool IsStored { get; init; }

    public CheckpointStanding? Parent { get; init; }

    public bool IsNoted { get; init; }

    /// <summary>The record that was there already where one was to be created.</summary>
    public EpochRecord? Found { get; init; }

    public bool? IsNewest { get; init; }

    public bool? IsCommitted { get; init; }

    public PublishOutcome Outcome { get; init; }

    /// <summary>What is created next.</summary>
    public EpochRecord Claim => NextClaim == Own.Epoch ? Own : new EpochRecord(Own.Generation, NextClaim, "");

    public PublishView End(PublishOutcome outcome) => this with { Outcome = outcome };
}

/// <summary>The decisions of the fencing protocol: pure functions.</summary>
internal static class FencingDecisions
{
    /// <summary>How far a checkpoint came.</summary>
    /// <param name="hasManifest">Whether its manifest is there.</param>
    /// <param name="manifest">Name of its manifest.</param>
    /// <param name="record">The record of its epoch; null when there is none.</param>
    /// <param name="needsCommit">Whether its sinks wait for the commit.</param>
    /// <param name="isCommitted">Whether they committed.</param>
    public static CheckpointStanding StandingOf(bool hasManifest, string manifest, EpochRecord? record, bool needsCommit, bool isCommitted) => (hasManifest, record) switch
    {
        (false, _) => CheckpointStanding.Invisible,
        (_, null) => CheckpointStanding.Unclaimed,
        _ when record.Manifest != manifest => CheckpointStanding.Orphaned,
        _ => needsCommit && !isCommitted ? CheckpointStanding.Committing : CheckpointStanding.Ready,
    };

    /// <summary>What comes next, and the view with what follows from a record that was found.</summary>
    public static (PublishStep Step, PublishView View) Next(PublishView view)
    {
        if (!view.IsStored)
        {
            return (PublishStep.StoreManifest, view);
        }

        switch (view.Parent)
        {
            case null:
                return (PublishStep.ReadParent, view);
            case CheckpointStanding.Orphaned:
                return (PublishStep.Done, view.End(PublishOutcome.StopOrphaned));
            case not CheckpointStanding.Ready:
                return (PublishStep.Done, view.End(PublishOutcome.Failed));
        }

        if (!view.IsNoted)
        {
            return (PublishStep.NoteGeneration, view);
        }

        if (view.Found is { } found)
        {
            if (Judge(view, found) is { } stop)
            {
                return (PublishStep.Done, view.End(stop));
            }

            view = view with { Found = null, NextClaim = view.NextClaim + 1 };
        }

        return view switch
        {
            _ when view.NextClaim <= view.Own.Epoch => (PublishStep.Claim, view),
            { IsNewest: null } => (PublishStep.CheckNewest, view),

            // A record that was created where old ones are cleared away: the job has long gone on without this generation.
            { IsNewest: false } => (PublishStep.Done, view.End(PublishOutcome.StaleGeneration)),
            { NeedsCommit: true, IsCommitted: null } => (PublishStep.ReadCommitted, view),
            _ => (PublishStep.Done, view.End(view is { NeedsCommit: true, IsCommitted: false } ? PublishOutcome.CommitRequired : PublishOutcome.Ready)),
        };
    }

    /// <summary>Whether a generation that finds these records may take the job over; the epoch that it has to create a record for, to keep those before it out.</summary>
    /// <param name="generation">The generation.</param>
    /// <param name="newest">The record of the latest epoch; null when there is none.</param>
    /// <returns>The epoch to fence; null when nothing has to be fenced. Stale when a newer generation is there.</returns>
    public static (bool IsStale, long? FenceEpoch) TakeOver(long generation, EpochRecord? newest) => newest switch
    {
        // Before the first generation there is nobody to keep out.
        null => (false, generation == 1 ? null : 1),
        _ when newest.Generation > generation => (true, null),
        _ when newest.Generation == generation => (false, null),
        _ => (false, newest.Epoch + 1),
    };

    /// <summary>Whether a record that is there already ends the attempt; null when it does not.</summary>
    private static PublishOutcome? Judge(PublishView view, EpochRecord found)
    {
        if (found == view.Claim)
        {
            return null;
        }

        if (found.Generation > view.Own.Generation)
        {
            return PublishOutcome.StaleGeneration;
        }

        if (view.NextClaim == view.Own.Epoch)
        {
            // Of this generation: the epoch was used. Of an older one: it came first.
            return found.Generation == view.Own.Generation ? PublishOutcome.Failed : PublishOutcome.StopOrphaned;
        }

        // Used up without a checkpoint, by whomever; or a checkpoint between this one and what it says is its parent.
        return found.IsVoid ? null : PublishOutcome.StopOrphaned;
    }
}
