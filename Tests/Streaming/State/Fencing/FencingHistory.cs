using Google.Protobuf.WellKnownTypes;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.State;
using OrleansFlow.Streaming.State.Fencing;

namespace OrleansFlow.Tests.Streaming.State.Fencing;

/// <summary>Generations of a job that race, crash and come back late, and what they saw.</summary>
internal sealed class FencingHistory(int seed)
{
    private const int GenerationsMax = 6;
    private readonly SimulatedWorld _world = new(seed);
    private readonly List<Task> _running = [];
    private long _generation;
    private int _made;

    /// <summary>Every manifest that was ever to be published, by name.</summary>
    public Dictionary<string, CheckpointManifest> Manifests { get; } = [];

    /// <summary>What a generation was told to count.</summary>
    public List<string> Observed { get; } = [];

    /// <summary>What sinks committed, again and again included.</summary>
    public List<string> Committed { get; } = [];

    /// <summary>Where generations began.</summary>
    public List<(long Generation, long LatestEpoch)> Begun { get; } = [];

    public List<Exception> Failures { get; } = [];

    /// <summary>Runs to the end, then lets a last generation take over undisturbed.</summary>
    /// <returns>What it found.</returns>
    public async Task<TakenOver> RunAsync()
    {
        while (_generation < GenerationsMax || _world.HasWaiting)
        {
            if (_generation < GenerationsMax && (!_world.HasWaiting || _world.Random.NextDouble() < 0.02))
            {
                _running.Add(LiveAsync(++_generation, _world.Random.Next(3)));
            }

            if (_world.HasWaiting)
            {
                _world.Step(crashChance: 0.03);
            }
        }

        var last = new CheckpointStore(new Actor(_world), "job");
        var ending = EndAsync(last);
        while (_world.HasWaiting)
        {
            _world.Step(crashChance: 0);
        }

        Assert.All(_running.Append(ending), task => Assert.True(task.IsCompleted));
        return await ending;
    }

    /// <summary>The checkpoints that count, oldest first, by their parents.</summary>
    public List<CheckpointManifest> ChainOf(CheckpointManifest? latest)
    {
        var chain = new List<CheckpointManifest>();
        for (var manifest = latest; manifest is not null; manifest = manifest.Parent.Length == 0 ? null : Manifests[manifest.Parent])
        {
            chain.Insert(0, manifest);
        }

        return chain;
    }

    private async Task<TakenOver> EndAsync(CheckpointStore store)
    {
        var end = await store.TakeOverAsync(GenerationsMax + 1, CancellationToken.None);
        if (end.Outcome == PublishOutcome.CommitRequired)
        {
            Committed.Add(CheckpointStore.NameOf(end.Latest!));
            await store.MarkCommittedAsync(end.Latest!, CancellationToken.None);
        }

        return end;
    }

    /// <summary>A process of a generation, and others of the same one after its crashes.</summary>
    private async Task LiveAsync(long generation, int restarts)
    {
        for (var life = 0; life <= restarts; life++)
        {
            try
            {
                await WorkAsync(generation, new Actor(_world));
                return;
            }
            catch (CrashException)
            {
                // The next life begins again.
            }
            catch (Exception exception)
            {
                Failures.Add(exception);
                return;
            }
        }
    }

    private async Task WorkAsync(long generation, Actor actor)
    {
        var store = new CheckpointStore(actor, "job");
        var begun = await store.TakeOverAsync(generation, CancellationToken.None);
        if (begun.Outcome == PublishOutcome.StaleGeneration)
        {
            return;
        }

        Begun.Add((generation, begun.Latest?.Epoch ?? 0));
        var parent = begun.Latest;
        if (begun.Outcome == PublishOutcome.CommitRequired)
        {
            await CommitAsync(store, actor, parent!);
        }

        for (var (epoch, count) = (begun.StartEpoch, _world.Random.Next(8)); count > 0; epoch++, count--)
        {
            if (_world.Random.Next(5) == 0)
            {
                // A checkpoint that failed: its epoch is used up.
                continue;
            }

            var manifest = Make(generation, epoch, parent);
            var outcome = await store.PublishAsync(manifest, CancellationToken.None);
            if (outcome is PublishOutcome.StaleGeneration or PublishOutcome.StopOrphaned)
            {
                return;
            }

            Observed.Add(CheckpointStore.NameOf(manifest));
            parent = manifest;
            if (outcome == PublishOutcome.CommitRequired)
            {
                await CommitAsync(store, actor, manifest);
            }

            if (_world.Random.Next(3) == 0)
            {
                await new CheckpointCleaner(store).CleanAsync(generation, retained: 2, [], CancellationToken.None);
            }
        }
    }

    private CheckpointManifest Make(long generation, long epoch, CheckpointManifest? parent)
    {
        // No two are the same: of an epoch that two publish, one can be told from the other.
        var manifest = new CheckpointManifest
        {
            JobId = "job", Generation = generation, Epoch = epoch, NeedsCommit = _world.Random.Next(2) == 0, Started = new Timestamp { Seconds = ++_made },
            Parent = parent is null ? "" : CheckpointStore.NameOf(parent),
        };
        var name = CheckpointStore.NameOf(manifest);
        if (!_world.Objects.ContainsKey($"job/{name}"))
        {
            Manifests[name] = manifest;
        }

        return manifest;
    }

    private async Task CommitAsync(CheckpointStore store, Actor actor, CheckpointManifest manifest)
    {
        await actor.OperateAsync(() =>
        {
            Committed.Add(CheckpointStore.NameOf(manifest));
            return true;
        });
        await store.MarkCommittedAsync(manifest, CancellationToken.None);
    }
}
