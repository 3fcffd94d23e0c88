namespace OrleansFlow.Tests.Embedded.Grains;

public interface IContextGrain : IGrainWithStringKey
{
    Task<string?> ReadAsync(string key);

    Task<string?> SetAndReadOtherAsync(string key, string value);

    Task SetAsync(string key, string value);

    Task<int> AddAsync(int left, int right);

    Task FailAsync();
}

public sealed class ContextGrain : Grain, IContextGrain, IIncomingGrainCallFilter
{
    public Task<string?> ReadAsync(string key) => Task.FromResult(RequestContext.Get(key) as string);

    public async Task<string?> SetAndReadOtherAsync(string key, string value)
    {
        RequestContext.Set(key, value);
        await Task.Yield();
        return await GrainFactory.GetGrain<IContextGrain>("other").ReadAsync(key);
    }

    public Task SetAsync(string key, string value)
    {
        // Not an async method: what it sets would leak into the next request if the runtime let it.
        RequestContext.Set(key, value);
        return Task.CompletedTask;
    }

    public Task<int> AddAsync(int left, int right) => Task.FromResult(left + right);

    public Task FailAsync() => throw new InvalidOperationException("at once");

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        await context.Invoke();
        if (context.MethodName == nameof(AddAsync) && this.GetPrimaryKeyString() == "own filter")
        {
            context.Result = (int)context.Result! * 10;
        }
    }
}
