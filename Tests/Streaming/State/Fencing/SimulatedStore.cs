using System.Runtime.CompilerServices;
using OrleansFlow.Streaming.Objects;

namespace OrleansFlow.Tests.Streaming.State.Fencing;

/// <summary>The process of an actor ended at this operation.</summary>
internal sealed class CrashException : Exception;

/// <summary>
/// Objects in memory that many actors use at once. Each operation waits until the seed chooses it, and may end its actor before or behind
/// its effect. All runs on one thread, so that a seed is one history.
/// </summary>
internal sealed class SimulatedWorld(int seed)
{
    private readonly List<(Actor Actor, TaskCompletionSource<bool?> Turn)> _waiting = [];

    public Random Random { get; } = new(seed);

    public SortedDictionary<string, byte[]> Objects { get; } = new(StringComparer.Ordinal);

    public bool HasWaiting => _waiting.Count > 0;

    /// <summary>Lets one waiting operation happen.</summary>
    public void Step(double crashChance)
    {
        var chosen = Random.Next(_waiting.Count);
        var (_, turn) = _waiting[chosen];
        _waiting.RemoveAt(chosen);

        // Null: happens. False: the crash comes first. True: the crash comes behind it.
        turn.SetResult(Random.NextDouble() < crashChance ? Random.Next(2) == 0 : null);
    }

    public Task<bool?> TurnAsync(Actor actor)
    {
        // Continuations run inside Step: that keeps the order to the seed's.
        var turn = new TaskCompletionSource<bool?>();
        _waiting.Add((actor, turn));
        return turn.Task;
    }
}

/// <summary>The store as one process sees it.</summary>
internal sealed class Actor(SimulatedWorld world) : IObjectStore
{
    public string Url => "memory";

    public async Task<T> OperateAsync<T>(Func<T> effect)
    {
        var crash = await world.TurnAsync(this);
        if (crash == false)
        {
            throw new CrashException();
        }

        var result = effect();
        return crash == true ? throw new CrashException() : result;
    }

    public async ValueTask PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        await OperateAsync(() => world.Objects[name] = content.ToArray());

    public async ValueTask<bool> TryCreateAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        await OperateAsync(() => world.Objects.TryAdd(name, content.ToArray()));

    public ValueTask<ObjectUpload> UploadAsync(string name, CancellationToken cancellationToken) => throw new NotSupportedException("Not needed here.");

    public async ValueTask<byte[]?> TryGetAsync(string name, int bytesMax, CancellationToken cancellationToken) =>
        await OperateAsync(() => world.Objects.GetValueOrDefault(name));

    public async ValueTask<Stream> OpenReadAsync(string name, CancellationToken cancellationToken) =>
        await OperateAsync(() => new MemoryStream(world.Objects[name]));

    public async IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var found = await OperateAsync(() => world.Objects.Where(entry => entry.Key.StartsWith(prefix, StringComparison.Ordinal)).Select(entry => new ObjectEntry(entry.Key, entry.Value.Length)).ToList());
        foreach (var entry in found)
        {
            yield return entry;
        }
    }

    public async ValueTask DeleteAsync(string name, CancellationToken cancellationToken) => await OperateAsync(() => world.Objects.Remove(name));

    public void Dispose()
    {
    }
}
