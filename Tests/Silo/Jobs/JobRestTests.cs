using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using OrleansFlow.Client.Jobs;

namespace OrleansFlow.Tests.Silo.Jobs;

/// <summary>Goal: streaming jobs are steered over plain HTTP, too. Method: a whole silo, a scripted worker, and JSON.</summary>
public sealed class JobRestTests
{
    private const int WatchdogMs = 120_000;
    private const string Secret = "a-token-for-these-tests";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = WatchdogMs)]
    public async Task Job_IsSubmittedSteeredAndDeleted_OverHttp()
    {
        await using var silo = await JobSilo.StartAsync();
        await using var worker = await silo.WorkerAsync("w1", slots: 2);
        using var http = Client(silo);

        var submitted = await SendAsync(http, HttpMethod.Post, "", """
            {"job_id": "rides", "parallelism": 2, "checkpoint_interval": "3600s",
             "sql": "CREATE TABLE n WITH (connector = 'impulse'); CREATE TABLE o WITH (connector = 'blackhole'); INSERT INTO o SELECT counter FROM n;"}
            """);
        Assert.Equal((HttpStatusCode.OK, "rides", "3600s"), (submitted.Status, (string?)submitted.Body["job_id"], (string?)submitted.Body["checkpoint_interval"]));
        await silo.UntilAsync("rides", StreamJobState.Running);
        Assert.Equal("JOB_STATE_RUNNING", (string?)(await SendAsync(http, HttpMethod.Get, "/rides")).Body["state"]);
        Assert.Equal("rides", (string?)(await SendAsync(http, HttpMethod.Get, "?page_size=5")).Body["jobs"]![0]!["job_id"]);

        await SendAsync(http, HttpMethod.Post, "/rides/checkpoints");
        await silo.UntilAsync("rides", job => job is { Checkpoint: 1, CheckpointUnderWay: null });
        Assert.Equal("1", (string?)(await SendAsync(http, HttpMethod.Get, "/rides/checkpoints")).Body["checkpoints"]![0]!["epoch"]);
        Assert.Equal("before", (string?)(await SendAsync(http, HttpMethod.Post, "/rides/savepoints", """{"name": "before"}""")).Body["name"]);
        Assert.Equal("before", (string?)(await SendAsync(http, HttpMethod.Get, "/rides/savepoints")).Body["savepoints"]![0]!["name"]);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(http, HttpMethod.Delete, "/rides/savepoints/before")).Status);
        Assert.Empty((await SendAsync(http, HttpMethod.Get, "/rides/savepoints")).Body["savepoints"]!.AsArray());

        Assert.Equal(HttpStatusCode.OK, (await SendAsync(http, HttpMethod.Post, "/rides/rescale", """{"all": 1}""")).Status);
        await silo.UntilAsync("rides", job => job is { State: StreamJobState.Running, Slots: 1 });
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(http, HttpMethod.Post, "/rides/restart", """{"force": true}""")).Status);
        await silo.UntilAsync("rides", job => job is { State: StreamJobState.Running, Generation: 3 });
        var early = await SendAsync(http, HttpMethod.Delete, "/rides");
        Assert.Equal((HttpStatusCode.BadRequest, "bad_input"), (early.Status, (string?)early.Body["code"]));
        await SendAsync(http, HttpMethod.Post, "/rides/stop", """{"mode": "JOB_STOP_MODE_IMMEDIATE"}""");
        await silo.UntilAsync("rides", StreamJobState.Stopped);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(http, HttpMethod.Post, "/rides/start")).Status);
        await silo.UntilAsync("rides", job => job is { State: StreamJobState.Running, Generation: 4 });
        await SendAsync(http, HttpMethod.Post, "/rides/stop", """{"mode": "JOB_STOP_MODE_FORCE"}""");
        await silo.UntilAsync("rides", StreamJobState.Stopped);

        Assert.Equal(HttpStatusCode.OK, (await SendAsync(http, HttpMethod.Delete, "/rides")).Status);
        var gone = await SendAsync(http, HttpMethod.Get, "/rides");
        Assert.Equal((HttpStatusCode.NotFound, "not_found"), (gone.Status, (string?)gone.Body["code"]));
    }

    [Theory(Timeout = WatchdogMs)]
    [InlineData("not json", "bad_input")]
    [InlineData("""{"no_such_field": 1}""", "bad_input")]
    [InlineData("""{"sql": "SELEC 1"}""", "bad_input")]
    [InlineData("", "bad_input")]
    public async Task BodyThatCannotBe_IsRefusedAsJson(string body, string code)
    {
        await using var silo = await JobSilo.StartAsync();
        using var http = Client(silo);

        var refused = await SendAsync(http, HttpMethod.Post, "", body);

        Assert.Equal((HttpStatusCode.BadRequest, code), (refused.Status, (string?)refused.Body["code"]));
        Assert.NotEmpty((string)refused.Body["message"]!);
    }

    [Fact(Timeout = WatchdogMs)]
    public async Task Token_IsAskedFor_AsOverGrpc()
    {
        await using var silo = await JobSilo.StartAsync(configure: options => options.Token = Secret);
        using var http = Client(silo);
        http.DefaultRequestHeaders.Authorization = null;
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(http, HttpMethod.Get, "")).Status);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "other");
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(http, HttpMethod.Get, "")).Status);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Secret);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(http, HttpMethod.Get, "")).Status);
    }

    private static HttpClient Client(JobSilo silo)
    {
        var http = new HttpClient { BaseAddress = new Uri(silo.Host.Endpoints.HttpUrl) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", silo.Host.Endpoints.Token);
        return http;
    }

    private static async Task<(HttpStatusCode Status, JsonNode Body)> SendAsync(HttpClient http, HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, "/api/v1/jobs" + path);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await http.SendAsync(request, Token);
        return (answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync(Token))!);
    }
}
