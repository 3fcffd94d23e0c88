namespace OrleansFlow.Tests.Embedded.Grains;

public interface IFilteredGrain : IGrainWithStringKey
{
    Task<int> AddAsync(int left, int right);

    Task<string> FailAsync(string message);

    Task DoAsync();

    Task<T> GenericAsync<T>(T value);

    Task<int> CallAgainAsync(int times);

    Task<string> TraceAsync();

    Task<string> TraceOfAnotherAsync();
}

/// <summary>Filters its own calls.</summary>
public sealed class FilteredGrain : Grain, IFilteredGrain, IIncomingGrainCallFilter
{
    private int _failuresLeft;

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        if (context.MethodName == nameof(AddAsync) && (int)context.Request.GetArgument(0)! == -1)
        {
            context.Request.SetArgument(0, 1000);
        }

        await context.Invoke();
        if (context.Result is int sum and 13)
        {
            context.Result = sum * 100;
        }
    }

    public Task<int> AddAsync(int left, int right) => Task.FromResult(left + right);

    public async Task<string> FailAsync(string message)
    {
        await Task.Yield();
        throw new InvalidOperationException(message);
    }

    public Task DoAsync() => Task.CompletedTask;

    public Task<T> GenericAsync<T>(T value) => Task.FromResult(value);

    public Task<int> CallAgainAsync(int times)
    {
        _failuresLeft = _failuresLeft == 0 ? times : _failuresLeft - 1;
        return _failuresLeft > 0 ? throw new InvalidOperationException("not yet") : Task.FromResult(times);
    }

    public Task<string> TraceAsync() => Task.FromResult(System.Diagnostics.Activity.Current?.Id ?? "");

    public Task<string> TraceOfAnotherAsync() => GrainFactory.GetGrain<IFilteredGrain>("another").TraceAsync();
}
