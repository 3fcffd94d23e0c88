using System.Runtime.CompilerServices;
using Orleans.Concurrency;

namespace OrleansFlow.Tests.Embedded.Remote;

[GenerateSerializer, Alias("remote-tests.Order")]
public sealed record Order([property: Id(0)] string Name, [property: Id(1)] List<int> Amounts);

[GenerateSerializer, Alias("remote-tests.OutOfStockException")]
public sealed class OutOfStockException(string message) : Exception(message)
{
    [Id(0)]
    public int Missing { get; set; }
}

public interface IRemoteTestGrain : IGrainWithStringKey
{
    Task<string> EchoAsync(string text);

    ValueTask<int> AddAsync(int left, int right);

    Task<Order> ReorderAsync(Order order, params int[] more);

    Task<string> EchoAsync(int number);

    Task<T> TwiceAsync<T>(T value);

    Task FailAsync(int missing);

    ValueTask DoAsync();

    Task<int> CountAsync();

    [OneWay]
    Task NoteAsync(string text);

    void Mark(string text);

    Task<string[]> NotesAsync();

    [AlwaysInterleave]
    Task<string> WaitAsync(string name, CancellationToken cancellationToken);

    [AlwaysInterleave]
    Task<bool> WasCancelledAsync(string name);

    [AlwaysInterleave]
    Task<int> SlowlyAsync(int value, CancellationToken cancellationToken);

    Task<object?> ContextAsync(string key);

    Task<IRemoteTestGrain> OtherAsync(string key);

    Task<string> AskAsync(IRemoteTestGrain other);

    [ResponseTimeout("00:00:01")]
    Task NeverAsync();

    IAsyncEnumerable<int> NumbersAsync(int count, int failAt, CancellationToken cancellationToken);

    IAsyncEnumerable<Order> OrdersAsync(string name, int count);

    Task<int> OpenSequencesAsync();

    Task<byte[]> BytesAsync(byte[] bytes, int answerBytes);
}

public interface IRemoteBox<T> : IGrainWithIntegerKey
{
    Task PutAsync(T value);

    Task<T> GetAsync();
}

public sealed class RemoteIntBox : Grain, IRemoteBox<int>
{
    private int _value;

    public Task PutAsync(int value)
    {
        _value = value;
        return Task.CompletedTask;
    }

    public Task<int> GetAsync() => Task.FromResult(_value);
}

public interface IRemoteShelf<TKey, TValue> : IGrainWithStringKey
{
    Task PutAsync(TKey key, TValue value);

    Task<TValue?> GetAsync(TKey key);
}

public sealed class RemoteShelf<TValue, TKey> : Grain, IRemoteShelf<TKey, TValue>
    where TKey : notnull
{
    private readonly Dictionary<TKey, TValue> _values = [];

    public Task PutAsync(TKey key, TValue value)
    {
        _values[key] = value;
        return Task.CompletedTask;
    }

    public Task<TValue?> GetAsync(TKey key) => Task.FromResult(_values.GetValueOrDefault(key));
}

public sealed class RemoteTestGrain : Grain, IRemoteTestGrain
{
    private readonly List<string> _notes = [];
    private readonly Dictionary<string, bool> _waits = [];
    private int _calls;
    private int _sequences;

    public Task<string> EchoAsync(string text)
    {
        _calls++;
        return Task.FromResult($"{this.GetPrimaryKeyString()}: {text}");
    }

    public Task<string> EchoAsync(int number) => Task.FromResult($"number {number}");

    public ValueTask<int> AddAsync(int left, int right) => new(left + right);

    public Task<Order> ReorderAsync(Order order, params int[] more) => Task.FromResult(order with { Amounts = [.. order.Amounts, .. more] });

    public Task<T> TwiceAsync<T>(T value) => Task.FromResult(value);

    public Task FailAsync(int missing)
    {
        var failure = new OutOfStockException($"{missing} are missing") { Missing = missing };
        failure.Data["article"] = "screw";
        throw failure;
    }

    public ValueTask DoAsync()
    {
        _calls++;
        return default;
    }

    public Task<int> CountAsync() => Task.FromResult(_calls);

    public Task NoteAsync(string text)
    {
        _notes.Add(text);
        return Task.CompletedTask;
    }

    public void Mark(string text) => _notes.Add(text);

    public Task<string[]> NotesAsync() => Task.FromResult(_notes.ToArray());

    public async Task<string> WaitAsync(string name, CancellationToken cancellationToken)
    {
        _waits[name] = false;
        RemoteSignals.Of(this.GetPrimaryKeyString() + name).TrySetResult();
        var cancelled = new TaskCompletionSource();
        await using var registration = cancellationToken.Register(() => cancelled.TrySetResult());
        await cancelled.Task;
        _waits[name] = true;
        RemoteSignals.Of(this.GetPrimaryKeyString() + name + ".cancelled").TrySetResult();
        cancellationToken.ThrowIfCancellationRequested();
        return "not cancelled";
    }

    public Task<bool> WasCancelledAsync(string name) => Task.FromResult(_waits.GetValueOrDefault(name));

    public async Task<int> SlowlyAsync(int value, CancellationToken cancellationToken)
    {
        for (var turn = 0; turn < value % 4; turn++)
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
        }

        return value;
    }

    public Task<object?> ContextAsync(string key) => Task.FromResult(RequestContext.Get(key));

    public Task<IRemoteTestGrain> OtherAsync(string key) => Task.FromResult(GrainFactory.GetGrain<IRemoteTestGrain>(key));

    public Task<string> AskAsync(IRemoteTestGrain other) => other.EchoAsync("asked");

    public Task NeverAsync()
    {
        RemoteSignals.Of(this.GetPrimaryKeyString() + "never").TrySetResult();
        return new TaskCompletionSource().Task;
    }

    public async IAsyncEnumerable<int> NumbersAsync(int count, int failAt, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        _sequences++;
        try
        {
            for (var number = 0; number < count; number++)
            {
                if (number == failAt)
                {
                    throw new OutOfStockException("no more numbers") { Missing = count - number };
                }

                yield return number;
                if (number % 10 == 9)
                {
                    await Task.Yield();
                    cancellationToken.ThrowIfCancellationRequested();
                }
            }
        }
        finally
        {
            _sequences--;
            RemoteSignals.Of(this.GetPrimaryKeyString() + "sequence").TrySetResult();
        }
    }

    public async IAsyncEnumerable<Order> OrdersAsync(string name, int count)
    {
        for (var number = 0; number < count; number++)
        {
            await Task.Yield();
            yield return new Order($"{name}{number}", [number]);
        }
    }

    public Task<int> OpenSequencesAsync() => Task.FromResult(_sequences);

    public Task<byte[]> BytesAsync(byte[] bytes, int answerBytes) => Task.FromResult(new byte[answerBytes]);
}
