namespace OrleansFlow.Grains.Tasks;

/// <content>Who wakes a partition that has open tasks after its silo was lost.</content>
internal sealed partial class TaskPartitionGrain
{
    private const string ReminderName = "tasks";

    private static readonly TimeSpan ReminderPeriod = TimeSpan.FromMinutes(1);

    /// <summary>Time without an open task after which the reminder ends.</summary>
    private static readonly TimeSpan IdleTime = TimeSpan.FromMinutes(2);

    private DateTimeOffset? _idleSinceUtc;
    private bool _hasReminder;

    /// <summary>The activation was what the reminder is for: it has read the tasks and takes them up.</summary>
    public Task ReceiveReminder(string reminderName, Orleans.Runtime.TickStatus status)
    {
        _hasReminder = true;
        if (_openCount == 0)
        {
            ArmForIdle();
        }

        return Task.CompletedTask;
    }

    private void ArmForIdle()
    {
        _idleSinceUtc = _clock.GetUtcNow();
        if (_hasReminder)
        {
            ArmAt(_idleSinceUtc.Value + IdleTime);
        }
    }

    private async Task EnsureReminderAsync()
    {
        _idleSinceUtc = null;
        if (!_hasReminder)
        {
            _hasReminder = true;
            try
            {
                await this.RegisterOrUpdateReminder(ReminderName, ReminderPeriod, ReminderPeriod);
            }
            catch
            {
                _hasReminder = false;
                throw;
            }
        }
    }

    /// <summary>Only a partition that stays empty gives its reminder up: registering it again costs a write.</summary>
    private async Task EndReminderIfIdleAsync()
    {
        if (!_hasReminder || _openCount > 0 || _idleSinceUtc is not { } since)
        {
            return;
        }

        if (_clock.GetUtcNow() < since + IdleTime)
        {
            ArmAt(since + IdleTime);
        }
        else if (await this.GetReminder(ReminderName) is { } reminder && _openCount == 0)
        {
            _hasReminder = false;
            await this.UnregisterReminder(reminder);
        }
    }
}
