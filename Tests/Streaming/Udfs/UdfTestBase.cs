using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Udfs;
using OrleansFlow.Tests.Streaming.Sql;
using OrleansFlow.Tests.Streaming.Windows;

namespace OrleansFlow.Tests.Streaming.Udfs;

/// <summary>Texts with functions over events, with the engine's own answers beside them.</summary>
public abstract class UdfTestBase : IAsyncLifetime
{
    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    internal WindowEvents Events { get; } = new(seed: 3, count: 1_000);

    protected EngineInstance Engine { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Engine = await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 2 }, Token);

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>A text gives what a batch query of the engine gives, without the function.</summary>
    protected async Task AssertSameAsync(string text, string batch, uint parallelism = 2)
    {
        var lines = await StreamJobRun.RunAsync(StreamJobRun.Events + text, Events, Engine, parallelism, Token);
        Assert.Equal(await Events.AskAsync(Engine, batch, Token), lines);
        Assert.NotEmpty(lines);
    }

    protected Task<List<string>> RunAsync(string text, UserFunctionSettings? settings = null) => StreamJobRun.RunAsync(StreamJobRun.Events + text, Events, Engine, 1, Token, settings);

    protected async Task<FlowException> FailedAsync(string text, UserFunctionSettings? settings = null) => await Assert.ThrowsAsync<FlowException>(() => RunAsync(text, settings));

    /// <summary>A function that a program lists.</summary>
    protected static UserFunction Function(string name, string language, string content, string result, params string[] parameters)
    {
        var bytes = Encoding.UTF8.GetBytes(content);
        var function = new UserFunction { Name = name, Language = language, Content = ByteString.CopyFrom(bytes), ContentHash = ByteString.CopyFrom(SHA256.HashData(bytes)), ResultType = result };
        function.Parameters.Add(parameters.Select((type, place) => new FunctionParameter { Name = $"p{place}", Type = type }));
        return function;
    }
}
