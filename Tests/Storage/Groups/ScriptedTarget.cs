using OrleansFlow.Errors;
using OrleansFlow.Storage.Groups;

namespace OrleansFlow.Tests.Storage.Groups;

/// <summary>A store that commits when the test says so, and what it was given.</summary>
internal sealed class ScriptedTarget : ICommitTarget<NamedWrite>
{
    private readonly SemaphoreSlim _begun = new(0);
    private readonly SemaphoreSlim _mayEnd = new(0);

    /// <summary>The writes of each transaction, in order.</summary>
    public List<string[]> Groups { get; } = [];

    /// <summary>Writes that make their whole transaction fail.</summary>
    public HashSet<string> Poison { get; } = [];

    public bool Disposed { get; private set; }

    public string StoreName => "scripted";

    public Task WhenCommitBeginsAsync() => _begun.WaitAsync(TestContext.Current.CancellationToken);

    public void LetCommitsEnd(int count) => _mayEnd.Release(count);

    public bool MayJoin(List<NamedWrite> group, NamedWrite write) => !write.Name.StartsWith("alone", StringComparison.Ordinal);

    public void Commit(List<NamedWrite> group)
    {
        Groups.Add([.. group.Select(write => write.Name)]);
        _begun.Release();

        // The committer's own thread.
        _mayEnd.Wait(TimeSpan.FromMinutes(1));
        if (group.Any(write => Poison.Contains(write.Name)))
        {
            throw new InvalidOperationException("poison");
        }
    }

    public bool IsOneWritesFault(Exception exception) => true;

    public FlowException Translate(Exception exception) => new(FlowErrorCode.StoreUnavailable, exception.Message, exception);

    public void Dispose()
    {
        Disposed = true;
        _begun.Dispose();
        _mayEnd.Dispose();
    }
}

/// <summary>A write with a name.</summary>
internal sealed class NamedWrite : GroupedWrite
{
    public NamedWrite(string name, int bytes = 1, Exception? refusal = null, bool mayWait = false)
    {
        MayWait = mayWait;
        Name = name;
        StateBytes = bytes;
        Refusal = refusal;
    }

    public string Name { get; }

    public override bool MayWait { get; }

    public override int StateBytes { get; }
}
