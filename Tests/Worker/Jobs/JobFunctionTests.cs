using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansFlow.Arrow;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Objects;
using OrleansFlow.Streaming.Udfs;
using OrleansFlow.Tests.Worker.Scripting;
using OrleansFlow.Worker.Jobs;
using OrleansFlow.Worker.Jobs.Previews;
using static OrleansFlow.Tests.Worker.Jobs.JobPrograms;

namespace OrleansFlow.Tests.Worker.Jobs;

/// <summary>Goal: a run whose functions cannot be loaded is phase Failed and names the one; others are fetched and let go. Method: orders in process.</summary>
public sealed class JobFunctionTests
{
    private const string Source = "public static long Twice(long a) => a * 2;";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Start_WithAWrongHash_IsPhaseFailed_AndNamesTheFunction()
    {
        await using var worker = Worker(UserFunctionSettings.Local);
        var function = await StoredAsync(worker);
        function.ContentHash = ByteString.CopyFrom(SHA256.HashData("something else"u8));

        var told = await FailAsync(worker, function);

        Assert.Equal("bad_function", told.ErrorCode);
        Assert.StartsWith("Function 'twice' (csharp, version 4): its content has the SHA-256 ", told.ErrorMessage, StringComparison.Ordinal);
        Assert.Equal((WorkerPhase.Failed, told.ErrorMessage), (worker.Phase(), worker.Host.PhaseOf(Context()).Error));
    }

    [Theory(Timeout = Watchdog.Milliseconds)]
    [InlineData("this is no C#", "its source does not compile: ")]
    [InlineData("public static long Twice(long a) => System.IO.File.Exists(\"x\") ? 1 : 2;", "System.IO.File is not allowed in functions")]
    public async Task Start_WithCodeThatCannotBeLoaded_IsPhaseFailed_AndNamesTheFunction(string source, string words)
    {
        await using var worker = Worker(UserFunctionSettings.Local);

        var told = await FailAsync(worker, await StoredAsync(worker, source));

        Assert.Equal("bad_function", told.ErrorCode);
        Assert.StartsWith("Function 'twice' (csharp, version 4): ", told.ErrorMessage, StringComparison.Ordinal);
        Assert.Contains(words, told.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Start_WhereFunctionsAreOff_IsPhaseFailed()
    {
        await using var worker = Worker(new UserFunctionOptions().ToSettings());

        var told = await FailAsync(worker, await StoredAsync(worker));

        Assert.StartsWith("Function 'twice' (csharp, version 4): functions of this language are off here. Whoever runs the workers turns them on: OrleansFlow:Streaming:Functions", told.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact(Timeout = Watchdog.Milliseconds)]
    public async Task Start_FetchesWhatTheWorkerLacks_Once()
    {
        await using var worker = Worker(UserFunctionSettings.Local);
        var function = await StoredAsync(worker);
        await worker.StartAsync(Start(With(function)));
        System.IO.File.Delete(new Uri(function.ContentUrl).LocalPath);

        await worker.StartAsync(Start(With(function), generation: 2));

        await WorkerHarness.WhenAsync(() => worker.Phase() == WorkerPhase.Running);
    }

    [Fact]
    public void Options_OutOfTheirRange_AreNamed()
    {
        var faults = new UserFunctionOptionsValidator().Validate(null, new UserFunctionOptions
        {
            CSharp = (UserCodeAccess)9, StepsMax = 999, ContentBytesMax = 0, KeptBytes = -1, PythonPath = " ", PythonProcessesMax = 65, PythonTimeout = TimeSpan.Zero, PythonRestartsMax = -1,
        }).Failures!.ToList();

        Assert.Equal(8, faults.Count);
        Assert.Equal("OrleansFlow:Streaming:Functions:CSharp is 9; use Off, Restricted or Trusted.", faults[0]);
        Assert.Equal("OrleansFlow:Streaming:Functions:PythonTimeout is 00:00:00; use 00:00:00.1000000 to 01:00:00.", faults[6]);
        Assert.True(new UserFunctionOptionsValidator().Validate(null, new UserFunctionOptions()).Succeeded);
    }

    private static JobHarness Worker(UserFunctionSettings settings) => new(setup => setup with
    {
        OpenOperatorsAsync = new WorkerOperators([], null, new NoPreviews(), new WorkerFunctions(settings, new FunctionContents(), NullLoggerFactory.Instance, TimeProvider.System)).OpenAsync,
    });

    private static Program With(UserFunction function)
    {
        var program = Numbers(Blackhole);
        program.Functions.Add(function);
        return program;
    }

    private static async Task<UserFunction> StoredAsync(JobHarness worker, string source = Source)
    {
        var content = Encoding.UTF8.GetBytes(source);
        using var store = ObjectStores.Open(worker.Folder);
        await store.PutAsync("j1/functions/twice", content, Token);
        return new UserFunction
        {
            Name = "twice",
            Language = "csharp",
            Version = "4",
            ContentUrl = new Uri(Path.Combine(worker.Folder, "j1/functions/twice")).AbsoluteUri,
            ContentHash = ByteString.CopyFrom(SHA256.HashData(content)),
            ResultType = "BIGINT",
            Parameters = { new FunctionParameter { Name = "a", Type = "BIGINT" } },
        };
    }

    private static async Task<InitializationComplete> FailAsync(JobHarness worker, UserFunction function)
    {
        worker.Host.Start(Start(With(function)));
        var told = await worker.ReadUntilAsync(said => said.EventCase == WorkerEvent.EventOneofCase.Initialization);
        Assert.False(told[^1].Initialization.IsSuccess);
        return told[^1].Initialization;
    }

    private sealed class NoPreviews : IPreviewTarget
    {
        public Task AppendAsync(string stream, ArrowSchema schema, IAsyncEnumerable<RecordBatch> batches, CancellationToken cancellationToken) => throw new InvalidOperationException("No test shows rows.");
    }
}
