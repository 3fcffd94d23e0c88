namespace OrleansFlow.Testing;

/// <summary>
/// Keeps the clock still while one attempt's handler works, also where it waits for something outside the cluster. It lets go while the handler
/// waits for the cluster (its input, a receipt) and while a timer is armed that the handler has set on the test's clock.
/// </summary>
internal sealed class HandlerHold(WorkCount work)
{
    private static readonly AsyncLocal<HandlerHold?> Ambient = new();

    private readonly Lock _gate = new();
    private int _calls;
    private int _waits;
    private int _timers;
    private bool _holds;

    /// <summary>The hold of the handler whose code this is; null elsewhere.</summary>
    public static HandlerHold? Current => Ambient.Value;

    /// <summary>A call of the handler begins. To be used in the async method that awaits the call, at whose end the ambient hold ends, too.</summary>
    public Scope Call()
    {
        Ambient.Value = this;
        Add(calls: 1);
        return new Scope(this, isCall: true);
    }

    /// <summary>The handler waits for the cluster.</summary>
    public Scope Wait()
    {
        Add(waits: 1);
        return new Scope(this, isCall: false);
    }

    /// <summary>A timer of the handler's was armed, or is no more.</summary>
    public void OnTimer(bool isArmed) => Add(timers: isArmed ? 1 : -1);

    private void Add(int calls = 0, int waits = 0, int timers = 0)
    {
        lock (_gate)
        {
            _calls += calls;
            _waits += waits;
            _timers += timers;
            var holds = _calls > 0 && _waits == 0 && _timers == 0;
            if (holds == _holds)
            {
                return;
            }

            _holds = holds;
            if (holds)
            {
                work.Begin();
            }
            else
            {
                work.End();
            }
        }
    }

    /// <summary>A part of the handler's time, ended by disposing it.</summary>
    internal readonly struct Scope(HandlerHold hold, bool isCall) : IDisposable
    {
        public void Dispose()
        {
            if (isCall)
            {
                hold.Add(calls: -1);
            }
            else
            {
                hold.Add(waits: -1);
            }
        }
    }
}
