using OrleansFlow.Simulation.Cluster;
using OrleansFlow.Simulation.Kernel;
using OrleansFlow.Simulation.Storage;
using OrleansFlow.Simulation.Workers;

namespace OrleansFlow.Simulation.Scenarios;

/// <summary>
/// What goes wrong in one world, and when. The seed chooses some kinds of faults and how often they come; a world with every kind at once
/// would hardly get any work done, and so see little of the protocol.
/// </summary>
internal sealed class FaultPlan
{
    private static readonly TimeSpan DownMin = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan DownMax = TimeSpan.FromSeconds(4);

    private readonly SimulatedWorld _world;
    private readonly SeededRandom _random;
    private readonly List<Action> _actions = [];
    private readonly TimeSpan _pauseMax;

    // Of its own, so that what else a seed draws is what it ever drew.
    private readonly SeededRandom _losses;
    private readonly bool _losesArtifacts;
    private bool _isOver;

    /// <summary>Chooses.</summary>
    public FaultPlan(SimulatedWorld world)
    {
        _world = world;
        _random = new SeededRandom(world.Seed, "fault plan");
        var kinds = new List<string>();
        Choose(kinds, "silo crashes", 0.5, CrashSilo);
        Choose(kinds, "silo crashes in writes", 0.3, AimAtWrite);
        Choose(kinds, "silo stops", 0.25, StopSilo);
        Choose(kinds, "worker crashes", 0.5, CrashWorker);
        Choose(kinds, "worker stops", 0.25, StopWorker);
        Choose(kinds, "partitions", 0.4, Partition);
        Choose(kinds, "clock jumps", 0.3, JumpClock);
        Choose(kinds, "broken streams", 0.4, BreakStream);
        _pauseMax = _random.Between(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(4));
        world.Network.Faults = new NetworkFaults
        {
            Loss = Level(0.4, 0.01), Delay = Level(0.4, 0.03), Straggle = Level(0.4, 0.03), Repeat = Level(0.4, 0.2),
        };
        world.Store.Faults = new StorageFaults { ErrorBefore = Level(0.4, 0.03), ErrorAfter = Level(0.4, 0.03), Slow = Level(0.4, 0.03) };
        _losses = new SeededRandom(world.Seed, "lost artifacts");
        _losesArtifacts = _losses.Chance(0.3);
        world.History.Add($"faults: {string.Join(", ", kinds)}; {world.Network.Faults}; {world.Store.Faults}");
    }

    /// <summary>Lets faults happen for a while, then makes everything well again.</summary>
    /// <param name="time">How long.</param>
    public void Begin(TimeSpan time)
    {
        Next();
        NextLoss();
        _world.Kernel.At(time, End);
    }

    private void Choose(List<string> kinds, string kind, double probability, Action action)
    {
        if (_random.Chance(probability))
        {
            kinds.Add(kind);
            _actions.Add(action);
        }
    }

    private double Level(double probability, double most) => _random.Chance(probability) ? most * _random.NextDouble() : 0;

    private void Next()
    {
        if (!_isOver && _actions.Count > 0)
        {
            _world.Kernel.At(_random.Between(TimeSpan.FromMilliseconds(50), _pauseMax), () =>
            {
                if (!_isOver)
                {
                    _random.Pick(_actions)();
                    Next();
                }
            });
        }
    }

    private void NextLoss()
    {
        if (_losesArtifacts && !_isOver)
        {
            _world.Kernel.At(_losses.Between(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(2)), () =>
            {
                LoseArtifact();
                NextLoss();
            });
        }
    }

    /// <summary>A file of a run is gone for good, whoever wrote it and whether or not somebody is still to read it.</summary>
    private void LoseArtifact()
    {
        var paths = _world.Artifacts.Keys.Where(path => SimulatedArtifactStore.RunOf(path) is not null).Order(StringComparer.Ordinal).ToList();
        if (!_isOver && paths.Count > 0)
        {
            var path = _losses.Pick(paths);
            _world.Artifacts.Remove(path);
            _world.RunsWithLosses.Add(SimulatedArtifactStore.RunOf(path)!);
            _world.History.Add($"artifact {path} is lost");
        }
    }

    private void End()
    {
        _isOver = true;
        _world.Store.Aim = null;
        _world.Network.Faults = NetworkFaults.None;
        _world.Store.Faults = StorageFaults.None;
        _world.Network.Mend();
        _world.Watch.LastCrash = _world.Kernel.Now;
        _world.History.Add($"faults end");
    }

    /// <summary>
    /// The silo of the next write crashes while the write is under way, to the store or back. Crashes at any moment hardly ever meet one,
    /// because a write takes a millisecond.
    /// </summary>
    private void AimAtWrite() => _world.Store.Aim = (process, travel) => _world.Kernel.At(_random.Between(TimeSpan.Zero, travel * 1.5), () =>
    {
        var index = _world.Silos.FindIndex(silo => ReferenceEquals(silo.Process, process));
        if (index >= 0 && !_isOver)
        {
            EndSilo(index, FaultKind.SiloCrash, silo => silo.Kill());
        }
    });

    private void CrashSilo() => EndSilo(_random.Next(_world.Silos.Count), FaultKind.SiloCrash, silo => silo.Kill());

    private void StopSilo() => EndSilo(_random.Next(_world.Silos.Count), FaultKind.SiloStop, silo => _ = silo.StopAsync());

    private void EndSilo(int index, FaultKind kind, Action<SimulatedSilo> end)
    {
        var silo = _world.Silos[index];
        if (!silo.IsServing)
        {
            return;
        }

        _world.Tally.Add(kind);
        end(silo);
        _world.Kernel.At(_random.Between(DownMin, DownMax), () => Revive(index, silo));
    }

    private void Revive(int index, SimulatedSilo silo)
    {
        if (!silo.HasEnded)
        {
            // It takes its time to stop.
            _world.Kernel.At(DownMin, () => Revive(index, silo));
            return;
        }

        _world.Watch.LastCrash = _world.Kernel.Now;
        _world.RestartSilo(index);
    }

    private void CrashWorker() => EndWorker(FaultKind.WorkerCrash, worker => worker.Kill());

    private void StopWorker() => EndWorker(FaultKind.WorkerStop, worker => worker.Stop());

    private void EndWorker(FaultKind kind, Action<SimulatedWorker> end)
    {
        var index = _random.Next(_world.Workers.Count);
        var worker = _world.Workers[index];
        if (!worker.HasEnded)
        {
            _world.Tally.Add(kind);
            end(worker);
            _world.Kernel.At(_random.Between(DownMin, DownMax), () => Revive(index, worker));
        }
    }

    private void Revive(int index, SimulatedWorker worker)
    {
        if (!ReferenceEquals(_world.Workers[index], worker))
        {
            return;
        }

        if (!worker.HasEnded)
        {
            _world.Kernel.At(DownMin, () => Revive(index, worker));
            return;
        }

        _world.Watch.LastCrash = _world.Kernel.Now;
        _world.RestartWorker(index);
    }

    private void Partition()
    {
        var places = _world.Silos.Select(silo => silo.Name).Concat(_world.Workers.Select(worker => worker.Name)).Append(SimulatedCluster.CallerPlace).ToList();
        var from = _random.Pick(places);
        var to = _random.Pick(places);
        if (from == to)
        {
            return;
        }

        _world.Network.Cut(from, to);
        if (_random.Chance(0.5))
        {
            _world.Network.Cut(to, from);
        }

        _world.Kernel.At(_random.Between(DownMin, DownMax), _world.Network.Mend);
    }

    private void JumpClock()
    {
        _world.Tally.Add(FaultKind.ClockJump);
        var worker = _random.Pick(_world.Workers);
        worker.Process.Clock.Offset = _random.Between(TimeSpan.FromHours(-1), TimeSpan.FromHours(1));
        _world.History.Add($"the wall clock of {worker.Name} jumps");
        if (_world.HasSkewedSilos)
        {
            var silo = _world.SiloClocks.Pick(_world.Silos);
            silo.Process.Clock.Offset = _world.NextClockOffset();
            _world.Tally.Add(FaultKind.SiloClockJump);
            _world.History.Add($"the wall clock of {silo.Name} jumps to {silo.Process.Clock.Offset.TotalSeconds:0.000} s");
        }
    }

    private void BreakStream()
    {
        if (_world.Links.Count > 0)
        {
            var link = _random.Pick(_world.Links);
            _world.History.Add($"stream {link.Worker.Name} - {link.Silo.Name} breaks");
            _world.Tally.Add(FaultKind.BrokenStream);
            link.Break();
            _world.Watch.LastCrash = _world.Kernel.Now;
        }
    }
}
