using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Simulation.Kernel;

namespace OrleansFlow.Simulation.Workers;

/// <summary>One life of something that answers calls. It can be killed, and it can hang: then nothing of it moves, and what was sent to it waits.</summary>
internal abstract class SimulatedPeer
{
    private readonly HashSet<Action> _calls = [];
    private TaskCompletionSource _awake = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="world">The world.</param>
    /// <param name="name">Its place and its location.</param>
    protected SimulatedPeer(SimulatedWorld world, string name)
    {
        World = world;
        Name = name;
        Process = new SimulatedProcess(world.Kernel, name);
        _awake.SetResult();
    }

    /// <summary>Its place and its location.</summary>
    public string Name { get; }

    public SimulatedProcess Process { get; }

    public bool HasEnded => Process.IsDead;

    public bool IsHung => !_awake.Task.IsCompleted;

    /// <summary>When it hung last.</summary>
    public TimeSpan LastHang { get; private set; } = TimeSpan.MinValue;

    protected SimulatedWorld World { get; }

    /// <summary>A call to it is open: hears when it dies.</summary>
    public IDisposable Open(Action onDeath)
    {
        _calls.Add(onDeath);
        return new Closing(() => _calls.Remove(onDeath));
    }

    /// <summary>Ends at once.</summary>
    public virtual void Kill()
    {
        World.History.Add($"{Name} is killed");
        Process.Kill();
        foreach (var call in _calls.ToList())
        {
            call();
        }
    }

    /// <summary>Nothing of it moves for a while.</summary>
    public void Hang(TimeSpan time)
    {
        if (!IsHung)
        {
            World.History.Add($"{Name} hangs for {time.TotalSeconds:0.000} s");
            _awake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            World.Kernel.At(time, () =>
            {
                LastHang = World.Kernel.Now;
                _awake.TrySetResult();
            });
        }
    }

    public Task WhenAwakeAsync() => _awake.Task;

    /// <summary>Does something in its process that nobody waits for.</summary>
    public void Own(Func<Task> work)
    {
        if (!HasEnded)
        {
            _ = Process.RunAsync(work).ContinueWith(World.Kernel.Observe, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    /// <summary>A message has arrived.</summary>
    public void Serve(Func<Task> work) => Own(async () =>
    {
        await WhenAwakeAsync();
        await work();
    });

    private sealed class Closing(Action close) : IDisposable
    {
        public void Dispose() => close();
    }
}
