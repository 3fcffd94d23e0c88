namespace Orleans.Embedded;

/// <content>The timer of one reminder.</content>
internal sealed partial class ReminderService
{
    /// <summary>One reminder that this silo fires.</summary>
    private sealed class LocalReminder : IDisposable
    {
        private readonly ReminderService _service;
        private readonly ITimer _timer;
        private bool _isTicking;
        private bool _isDisposed;

        public LocalReminder(ReminderService service, ReminderEntry entry)
        {
            _service = service;
            Entry = entry;
            using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
            {
                _timer = service._silo.TimeProvider.CreateTimer(
                    static state => ((LocalReminder)state!).OnDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }

            Arm();
        }

        public ReminderEntry Entry { get; }

        public void Dispose()
        {
            _isDisposed = true;
            _timer.Dispose();
        }

        private void Arm()
        {
            var now = _service._silo.TimeProvider.GetUtcNow().UtcDateTime;
            var due = Entry.StartAt > now
                ? Entry.StartAt - now
                : Entry.Period - TimeSpan.FromTicks((now - Entry.StartAt).Ticks % Entry.Period.Ticks);
            _timer.Change(due < TimerMax ? due : TimerMax, Timeout.InfiniteTimeSpan);
        }

        private void OnDue()
        {
            lock (_service._gate)
            {
                if (_isDisposed)
                {
                    return;
                }

                var now = _service._silo.TimeProvider.GetUtcNow().UtcDateTime;
                if (now >= Entry.StartAt && !_isTicking && !_service._silo.IsDead)
                {
                    _isTicking = true;
                    Interlocked.Increment(ref _service._ticksUnderWay);
                    _ = TickAsync(now);
                }

                Arm();
            }
        }

        // Never throws; owned by _isTicking, which keeps a slow grain from being called twice at once.
        private async Task TickAsync(DateTime nowUtc)
        {
            try
            {
                var reference = (IRemindable)(object)_service._silo.Client.References.Create(Entry.GrainId, typeof(IRemindable));
                await reference.ReceiveReminder(Entry.ReminderName, new TickStatus(Entry.StartAt, Entry.Period, nowUtc));
            }
            catch (Exception exception)
            {
                _service.LogTickFailed(Entry.ReminderName, Entry.GrainId, exception);
            }
            finally
            {
                lock (_service._gate)
                {
                    _isTicking = false;
                    Interlocked.Decrement(ref _service._ticksUnderWay);
                }
            }
        }
    }
}
