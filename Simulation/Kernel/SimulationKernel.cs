using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Orleans.Embedded;

namespace OrleansFlow.Simulation.Kernel;

/// <summary>
/// The one logical thread of a simulated world. Whatever could run next waits in one list, of which the seed picks; time stands still while
/// anything is ready and then jumps to the next timer.
/// </summary>
/// <remarks>
/// One step is one turn of an activation, one resumption of a task, one timer or one arrival of a message. Nothing runs between steps, so a
/// crash between two of them is a crash at an await.
/// </remarks>
internal sealed class SimulationKernel(ulong seed)
{
    private readonly SeededRandom _random = new(seed, "schedule");
    private readonly List<ReadyItem> _ready = [];
    private readonly PriorityQueue<TimedItem, TimedKey> _timed = new();
    private readonly ConcurrentQueue<string> _escapes = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly ExecutionContext? _context = ExecutionContext.Capture();
    private long _lastTimed;
    private ulong _trace = 14695981039346656037;

    /// <summary>Time since the beginning.</summary>
    public TimeSpan Now { get; private set; }

    /// <summary>Steps done.</summary>
    public long StepCount { get; private set; }

    /// <summary>Turns of activations among them.</summary>
    public long TurnCount { get; private set; }

    /// <summary>A number that depends on what was picked at every step so far.</summary>
    public ulong Trace => _trace;

    /// <summary>An exception that no simulated code took care of.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Makes something a candidate for the next step.</summary>
    /// <param name="work">A task of the process, an activation, or an action.</param>
    /// <param name="process">Null for what belongs to none.</param>
    public void Ready(object work, SimulatedProcess? process)
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            // Its place in the order would depend on real time, and no seed could repeat it.
            _escapes.Enqueue(Environment.StackTrace);
            return;
        }

        _ready.Add(new ReadyItem(work, process, 0));
    }

    /// <summary>Runs an action after a time, whatever became of processes.</summary>
    public void At(TimeSpan delay, Action action) => Add(delay, action, 0);

    /// <summary>Makes a timer fire after a time, if it is not changed before.</summary>
    public void At(TimeSpan delay, SimulatedTimer timer, long version) => Add(delay, timer, version);

    /// <summary>Notes the failure of work that nobody awaits.</summary>
    public void Observe(Task task)
    {
        if (task.IsFaulted)
        {
            Failure ??= task.Exception!.InnerException;
        }
    }

    /// <summary>Does one step.</summary>
    /// <returns>False when nothing is left to do.</returns>
    /// <exception cref="InvalidOperationException">Simulated code left the simulated thread, or threw where nobody catches.</exception>
    public bool Step()
    {
        while (_ready.Count == 0)
        {
            if (!Advance())
            {
                ThrowIfBroken();
                return false;
            }
        }

        var index = _ready.Count == 1 ? 0 : _random.Next(_ready.Count);
        var items = CollectionsMarshal.AsSpan(_ready);
        var item = items[index];
        items[index] = items[^1];
        _ready.RemoveAt(_ready.Count - 1);
        StepCount++;
        _trace = (_trace ^ (ulong)index ^ ((ulong)items.Length << 32) ^ (ulong)Now.Ticks) * 1099511628211;
        Run(item);
        if (_context is not null)
        {
            ExecutionContext.Restore(_context);
        }

        ThrowIfBroken();
        return true;
    }

    private void Run(ReadyItem item)
    {
        switch (item.Work)
        {
            case Activation activation:
                TurnCount++;
                ((IThreadPoolWorkItem)activation).Execute();
                break;
            case Task task:
                item.Process!.Execute(task);
                break;
            case SimulatedTimer timer:
                if (timer.IsDue(item.Version))
                {
                    timer.Fire();
                }

                break;
            case Action action:
                action();
                break;
            default:
                throw new InvalidOperationException($"A {item.Work.GetType()} cannot be a step.");
        }
    }

    private void Add(TimeSpan delay, object work, long version)
    {
        var due = Now + (delay > TimeSpan.Zero ? delay : TimeSpan.Zero);
        _timed.Enqueue(new TimedItem(work, version), new TimedKey(due.Ticks, _lastTimed++));
    }

    private bool Advance()
    {
        while (_timed.TryPeek(out var first, out var key))
        {
            if (first.Work is SimulatedTimer dropped && !dropped.IsDue(first.Version))
            {
                _timed.Dequeue();
                continue;
            }

            Now = TimeSpan.FromTicks(key.Ticks);
            while (_timed.TryPeek(out var next, out var nextKey) && nextKey.Ticks == key.Ticks)
            {
                _timed.Dequeue();
                _ready.Add(new ReadyItem(next.Work, null, next.Version));
            }

            return true;
        }

        return false;
    }

    private void ThrowIfBroken()
    {
        if (_escapes.TryDequeue(out var stack))
        {
            throw new InvalidOperationException(
                "Simulated code continued on another thread, which no seed can repeat. Await inside the simulated schedulers only.\n" + stack);
        }

        if (Failure is { } failure)
        {
            throw new InvalidOperationException("Simulated code threw where nobody catches: " + failure.Message, failure);
        }
    }

    private readonly record struct ReadyItem(object Work, SimulatedProcess? Process, long Version);

    private readonly record struct TimedItem(object Work, long Version);

    private readonly record struct TimedKey(long Ticks, long Order) : IComparable<TimedKey>
    {
        public int CompareTo(TimedKey other) => Ticks == other.Ticks ? Order.CompareTo(other.Order) : Ticks.CompareTo(other.Ticks);
    }
}
