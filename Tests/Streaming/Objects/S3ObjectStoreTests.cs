using System.Net.Sockets;
using OrleansFlow.Errors;
using OrleansFlow.Streaming.Objects;
using OrleansFlow.Streaming.Objects.S3;

namespace OrleansFlow.Tests.Streaming.Objects;

public sealed class S3ObjectStoreTests : ObjectStoreContract, IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private S3TestServer _server = null!;
    private S3ObjectStore _store = null!;

    protected override IObjectStore Store => _store;

    private S3ObjectStoreOptions Options => new()
    {
        Endpoint = _server.Address,
        Bucket = "bucket",
        Prefix = "some/prefix",
        AccessKeyId = S3TestServer.AccessKey,
        SecretAccessKey = S3TestServer.Secret,
        PartBytes = S3ObjectStoreOptions.PartBytesMin,
        AttemptsMax = 3,
        FirstBackoff = TimeSpan.FromMilliseconds(1),
        MaxBackoff = TimeSpan.FromMilliseconds(2),
        BackoffSeed = 1,
    };

    public async ValueTask InitializeAsync()
    {
        _server = await S3TestServer.StartAsync();
        _store = new S3ObjectStore(Options);
    }

    public async ValueTask DisposeAsync()
    {
        _store.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task WrongSecret_IsUnauthenticatedAndNamesNoSecret()
    {
        using var store = new S3ObjectStore(Options with { SecretAccessKey = "wrong secret" });
        var error = await Assert.ThrowsAsync<FlowException>(async () => await store.PutAsync("a", default, None));

        Assert.Equal(FlowErrorCode.Unauthenticated, error.Code);
        Assert.Contains("SignatureDoesNotMatch", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong secret", error.ToString() + (Options with { SecretAccessKey = "wrong secret" }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SessionToken_IsSentAndSigned()
    {
        using var store = new S3ObjectStore(Options with { SessionToken = "a token" });
        await store.PutAsync("a", "1"u8.ToArray(), None);
        Assert.Equal("1", await TextAsync("a"));
    }

    [Fact]
    public async Task VirtualHostStyle_PutsTheBucketInTheHost()
    {
        // The name bucket.127.0.0.1 is in no DNS: the connection is made to the server itself.
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (context, token) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync("127.0.0.1", context.DnsEndPoint.Port, token);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var store = new S3ObjectStore(Options with { UsesPathStyle = false }, null, handler);
        await store.PutAsync("a", "1"u8.ToArray(), None);

        Assert.Equal("1", await TextAsync("a"));
        Assert.Equal("PUT /some/prefix/a", _server.Requests.First());
        Assert.Equal("GET /bucket/some/prefix/a", _server.Requests.Last());
    }

    [Theory]
    [InlineData((int)S3Fault.Busy)]
    [InlineData((int)S3Fault.Throttled)]
    [InlineData((int)S3Fault.CutBefore)]
    [InlineData((int)S3Fault.CutAfter)]
    public async Task FaultThatPasses_IsTriedAgain(int fault)
    {
        var left = 0;
        _server.Fault = _ => left-- > 0 ? (S3Fault)fault : S3Fault.None;
        foreach (var call in (Func<Task>[])
        [
            async () => await _store.PutAsync("a", "1"u8.ToArray(), None),
            async () => Assert.Equal("1", await TextAsync("a")),
            async () => Assert.True(await _store.TryCreateAsync("new", "mine"u8.ToArray(), None)),
            async () => Assert.False(await _store.TryCreateAsync("new", "other"u8.ToArray(), None)),
            async () => Assert.Equal(2, await _store.ListAsync("", None).CountAsync(None)),
            async () => await _store.DeleteAsync("a", None),
        ])
        {
            left = 2;
            await call();
        }
    }

    [Fact]
    public async Task FaultThatStays_EndsAfterTheTriesWithTheReason()
    {
        _server.Fault = _ => S3Fault.Busy;
        var error = await Assert.ThrowsAsync<FlowException>(async () => await _store.PutAsync("a", default, None));

        Assert.Equal(FlowErrorCode.StoreUnavailable, error.Code);
        Assert.Contains("failed 3 times, last with 503 SlowDown", error.Message, StringComparison.Ordinal);
        Assert.Equal(3, _server.Requests.Count);
    }

    [Fact]
    public async Task Refusal_IsNotTriedAgain()
    {
        _server.Fault = _ => S3Fault.Denied;
        Assert.Equal(FlowErrorCode.Unauthenticated, (await Assert.ThrowsAsync<FlowException>(async () => await _store.PutAsync("a", default, None))).Code);
        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task ServerThatIsAway_IsAnErrorOfTheStore()
    {
        await _server.DisposeAsync();
        Assert.Equal(FlowErrorCode.StoreUnavailable, (await Assert.ThrowsAsync<FlowException>(async () => await _store.TryGetAsync("a", 1, None))).Code);
    }

    [Fact]
    public async Task CutBody_IsReadOnFromWhereItWasCut()
    {
        var content = new byte[300_000];
        new Random(1).NextBytes(content);
        await _store.PutAsync("cut", content, None);
        var left = 2;
        _server.Fault = request => request.StartsWith("GET", StringComparison.Ordinal) && left-- > 0 ? S3Fault.CutBody : S3Fault.None;

        Assert.Equal(content, await _store.TryGetAsync("cut", 300_000, None));
        Assert.Equal(3, _server.Requests.Count(request => request.StartsWith("GET", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task ObjectThatIsReplacedWhileItIsRead_IsAnErrorAndNoMixture()
    {
        await _store.PutAsync("cut", new byte[300_000], None);
        _server.Fault = request => request.StartsWith("GET", StringComparison.Ordinal) ? S3Fault.CutBody : S3Fault.None;
        await using var stream = await _store.OpenReadAsync("cut", None);
        _server.Fault = _ => S3Fault.None;
        await _store.PutAsync("cut", Enumerable.Repeat((byte)1, 300_000).ToArray(), None);

        Assert.Equal(FlowErrorCode.StoreUnavailable, (await Assert.ThrowsAsync<FlowException>(async () => await stream.ReadExactlyAsync(new byte[300_000], None))).Code);
    }

    [Fact]
    public async Task SmallUpload_IsOneRequest()
    {
        await using var upload = await _store.UploadAsync("small", None);
        await upload.Content.WriteAsync("1"u8.ToArray(), None);
        await upload.CompleteAsync(None);

        Assert.Equal(["PUT /bucket/some/prefix/small"], _server.Requests);
    }

    [Theory]
    [InlineData((int)S3Fault.Busy)]
    [InlineData((int)S3Fault.CutBefore)]
    [InlineData((int)S3Fault.CutAfter)]
    public async Task UploadInParts_GoesThroughFaultsOfEveryRequest(int fault)
    {
        var failed = new HashSet<string>();
        _server.Fault = request => failed.Add(request) ? (S3Fault)fault : S3Fault.None;
        await using (var upload = await _store.UploadAsync("parts", None))
        {
            await upload.Content.WriteAsync(new byte[11 * 1024 * 1024], None);
            await upload.CompleteAsync(None);
        }

        await using var stream = await _store.OpenReadAsync("parts", None);
        Assert.Equal(11 * 1024 * 1024, stream.Length);
    }

    [Fact]
    public async Task UploadThatFails_IsAborted()
    {
        _server.Fault = request => request.Contains("partNumber=2", StringComparison.Ordinal) ? S3Fault.Busy : S3Fault.None;
        await using (var upload = await _store.UploadAsync("parts", None))
        {
            await Assert.ThrowsAsync<FlowException>(async () => await upload.Content.WriteAsync(new byte[16 * 1024 * 1024], None));
            Assert.Equal(1, _server.OpenUploadCount);
        }

        Assert.Equal(0, _server.OpenUploadCount);
        Assert.Null(await _store.TryGetAsync("parts", 1, None));
    }

    [Fact]
    public async Task AnswerOfAnUpload_ThatBeginsWell_MayStillBeAnError()
    {
        await using var upload = await _store.UploadAsync("parts", None);
        await upload.Content.WriteAsync(new byte[6 * 1024 * 1024], None);

        // A part that the server has otherwise than it was sent.
        using var other = new S3ObjectStore(Options);
        var id = Uri.UnescapeDataString(_server.Requests.Last(request => request.Contains("uploadId=", StringComparison.Ordinal)).Split("uploadId=")[1]);
        using var client = new S3Client(Options, TimeProvider.System, null);
        using (await client.SendAsync(new S3Request(HttpMethod.Put, "some/prefix/parts") { Query = [new("partNumber", "1"), new("uploadId", id)], Content = new byte[1] }, None))
        {
        }

        var error = await Assert.ThrowsAsync<FlowException>(async () => await upload.CompleteAsync(None));
        Assert.Contains("InvalidPart", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WaitsBetweenTries_GrowAndAreBounded()
    {
        using var client = new S3Client(Options with { FirstBackoff = TimeSpan.FromMilliseconds(100), MaxBackoff = TimeSpan.FromSeconds(1) }, TimeProvider.System, null);
        foreach (var (attempt, full) in new[] { (1, 100), (2, 200), (3, 400), (4, 800), (5, 1_000), (19, 1_000) })
        {
            Assert.InRange(client.Backoff(attempt).TotalMilliseconds, full / 2, full);
        }
    }

    [Fact]
    public void Options_ComeFromTheUsualVariables()
    {
        var variables = new Dictionary<string, string?>
        {
            ["AWS_ACCESS_KEY_ID"] = "id", ["AWS_SECRET_ACCESS_KEY"] = "secret", ["AWS_SESSION_TOKEN"] = "token", ["AWS_REGION"] = "eu-north-1",
            ["AWS_DEFAULT_REGION"] = "other", ["AWS_ENDPOINT_URL"] = "http://one:1", ["AWS_ENDPOINT_URL_S3"] = "http://two:2",
        };
        var options = S3ObjectStoreOptions.FromEnvironment(name => variables.GetValueOrDefault(name));

        Assert.Equal(("id", "secret", "token", "eu-north-1", "http://two:2/"), (options.AccessKeyId, options.SecretAccessKey, options.SessionToken, options.Region, options.Endpoint!.ToString()));
        Assert.Equal("us-east-1", S3ObjectStoreOptions.FromEnvironment(_ => null).Region);
        Assert.Equal(FlowErrorCode.BadOption, Assert.Throws<FlowException>(() => S3ObjectStoreOptions.FromEnvironment(name => name == "AWS_ENDPOINT_URL" ? "nowhere" : null)).Code);
    }

    [Fact]
    public void WrongOptions_AreAllNamedAtOnce()
    {
        var error = Assert.Throws<FlowException>(() => new S3ObjectStore(new S3ObjectStoreOptions
        {
            Bucket = "Bad_", Region = "", Endpoint = new Uri("ftp://x"), PartBytes = 1, AttemptsMax = 0, FirstBackoff = TimeSpan.Zero, MaxBackoff = TimeSpan.FromHours(1), RequestTimeout = TimeSpan.Zero,
        }));

        Assert.Equal(FlowErrorCode.BadOption, error.Code);
        Assert.Equal(
            ["AccessKeyId", "AttemptsMax", "Bucket", "Endpoint", "FirstBackoff", "MaxBackoff", "PartBytes", "Region", "RequestTimeout", "SecretAccessKey"],
            error.Problems.Select(problem => problem.Path).Order(StringComparer.Ordinal));
    }

    protected override Task AssertNothingLeftAsync()
    {
        Assert.Equal(0, _server.OpenUploadCount);
        return Task.CompletedTask;
    }
}
