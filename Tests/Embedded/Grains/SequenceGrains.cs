using System.Runtime.CompilerServices;

namespace OrleansFlow.Tests.Embedded.Grains;

public interface ISequenceGrain : IGrainWithStringKey
{
    IAsyncEnumerable<int> CountAsync(int count, CancellationToken cancellationToken);

    IAsyncEnumerable<int> CountPlainAsync(int count);

    IAsyncEnumerable<int> FailAfterAsync(int count);

    IAsyncEnumerable<int> HoldAfterAsync(int count, string gate, CancellationToken cancellationToken);

    IAsyncEnumerable<Tally> SharedAsync(int count);

    Task<string> QuickAsync();

    Task<int> ActiveAsync();

    Task<string[]> NotesAsync();

    Task DeactivateAsync();
}

public sealed class SequenceGrain : Grain, ISequenceGrain
{
    private readonly List<string> _notes = [];
    private int _active;

    public async IAsyncEnumerable<int> CountAsync(int count, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var own = TaskScheduler.Current;
        _active++;
        try
        {
            for (var number = 0; number < count; number++)
            {
                if (number % 3 == 0)
                {
                    await Task.Yield();
                }

                if (TaskScheduler.Current != own)
                {
                    throw new InvalidOperationException("left the activation");
                }

                cancellationToken.ThrowIfCancellationRequested();
                yield return number;
            }
        }
        finally
        {
            _active--;
            _notes.Add("ended");
        }
    }

    public IAsyncEnumerable<int> CountPlainAsync(int count) => CountAsync(count, CancellationToken.None);

    public async IAsyncEnumerable<int> FailAfterAsync(int count)
    {
        for (var number = 0; number < count; number++)
        {
            yield return number;
        }

        await Task.Yield();
        throw new InvalidOperationException("as asked");
    }

    public async IAsyncEnumerable<int> HoldAfterAsync(int count, string gate, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        _active++;
        try
        {
            for (var number = 0; number < count; number++)
            {
                yield return number;
            }

            await Gates.WaitAsync(gate).WaitAsync(cancellationToken);
            yield return -1;
        }
        finally
        {
            _active--;
            _notes.Add(cancellationToken.IsCancellationRequested ? "cancelled" : "ended");
        }
    }

    public async IAsyncEnumerable<Tally> SharedAsync(int count)
    {
        var tally = new Tally();
        for (var number = 0; number < count; number++)
        {
            tally.Count = number;
            await Task.Yield();
            yield return tally;
        }
    }

    public Task<string> QuickAsync() => Task.FromResult("quick");

    public Task<int> ActiveAsync() => Task.FromResult(_active);

    public Task<string[]> NotesAsync() => Task.FromResult(_notes.ToArray());

    public Task DeactivateAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}
