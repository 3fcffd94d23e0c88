using OrleansFlow.Workers;

namespace OrleansFlow.Grains.Workers;

/// <content>What waits for a worker that is not there.</content>
internal sealed partial class RoleQueueGrain
{
    /// <summary>Says once what waits for a worker that is not there, when it has waited for a while.</summary>
    private void NoteUnserved()
    {
        if (_book.ReadyCount == 0 || ++_ticksToNote % NoteTicks != 0)
        {
            return;
        }

        var lateUtc = _clock.GetUtcNow() - (NoteTicks * TickPeriod);
        var unserved = _book.Unserved(_workers);
        _noted.IntersectWith(unserved.Select(needs => needs.Needs.Text));
        foreach (var needs in unserved.Where(needs => needs.OldestReadyUtc <= lateUtc && _noted.Add(needs.Needs.Text)))
        {
            LogUnserved(this.GetPrimaryKeyString(), needs.ReadyCount, needs.Needs, needs.Reason);
        }
    }

    private List<UnservedTasks>? Unserved() =>
        _book.Unserved(_workers) is { Count: > 0 } unserved
            ? [.. unserved.Select(needs => new UnservedTasks(needs.Needs.Text, needs.ReadyCount, needs.OldestReadyUtc, needs.Reason))]
            : null;
}
