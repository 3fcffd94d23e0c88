namespace OrleansFlow.Grains.Workers;

/// <content>The reminder that wakes the queue after its silo was lost.</content>
internal sealed partial class RoleQueueGrain
{
    private async Task EnsureReminderAsync()
    {
        if (!_hasReminder)
        {
            _hasReminder = true;
            await this.RegisterOrUpdateReminder(ReminderName, ReminderPeriod, ReminderPeriod);
        }
    }

    /// <summary>Only a queue that stays empty gives its reminder up: registering it again costs a write.</summary>
    private async Task EndReminderIfIdleAsync()
    {
        _emptyTicks = _book.Count == 0 ? _emptyTicks + 1 : 0;
        if (_hasReminder && _emptyTicks == IdleTicks && await this.GetReminder(ReminderName) is { } reminder)
        {
            _hasReminder = false;
            await this.UnregisterReminder(reminder);
        }
    }
}
