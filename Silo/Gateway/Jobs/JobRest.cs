using System.Text;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Jobs.V1;
using OrleansFlow.Rpc;
using OrleansFlow.Silo.Gateway.Errors;
using OrleansFlow.Silo.Security;

namespace OrleansFlow.Silo.Gateway.Jobs;

/// <summary>
/// Streaming jobs over HTTP at <c>/api/v1/jobs</c>: the messages of <c>orleansflow.streaming.v1.StreamJobs</c> as JSON (proto3's mapping, with the names of the .proto).
/// Ids are in the path. A failure is <c>{"code", "message"}</c> with the status of its code.
/// </summary>
internal sealed class JobRest(StreamJobCalls calls, StreamJobCheckpointCalls checkpoints, IEnumerable<IRpcServerInterceptor> interceptors)
{
    private const int BodyBytesMax = 4 << 20;
    private const string Root = "/api/v1/jobs";

    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithPreserveProtoFieldNames(true).WithFormatDefaultValues(true));
    private static readonly JsonParser Parser = new(JsonParser.Settings.Default);

    // The one that lets calls over gRPC in.
    private readonly AuthInterceptor _auth = interceptors.OfType<AuthInterceptor>().Single();

    /// <summary>Puts the calls on the endpoints.</summary>
    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet(Root, Handle(async (http, token) => await calls.ListAsync(ListOf(http), token)));
        endpoints.MapPost(Root, Handle(async (http, token) => await calls.SubmitAsync(await ReadAsync<SubmitJobRequest>(http, token), token)));
        endpoints.MapGet(Root + "/{id}", Handle(async (http, token) => await calls.GetAsync(Id(http), token)));
        endpoints.MapDelete(Root + "/{id}", Handle(async (http, token) => await calls.DeleteAsync(new DeleteJobRequest { JobId = Id(http) }, token)));
        endpoints.MapPost(Root + "/{id}/stop", Handle(async (http, token) => await calls.StopAsync(await ReadAsync<StopJobRequest>(http, token), token)));
        endpoints.MapPost(Root + "/{id}/start", Handle(async (http, token) => await calls.StartAsync(await ReadAsync<StartJobRequest>(http, token), token)));
        endpoints.MapPost(Root + "/{id}/restart", Handle(async (http, token) => await calls.RestartAsync(await ReadAsync<RestartJobRequest>(http, token), token)));
        endpoints.MapPost(Root + "/{id}/rescale", Handle(async (http, token) => await calls.RescaleAsync(await ReadAsync<RescaleJobRequest>(http, token), token)));
        endpoints.MapGet(Root + "/{id}/checkpoints", Handle(async (http, token) => await checkpoints.ListAsync(new ListCheckpointsRequest { JobId = Id(http) }, token)));
        endpoints.MapPost(Root + "/{id}/checkpoints", Handle(async (http, token) => await calls.TakeCheckpointAsync(new TakeCheckpointRequest { JobId = Id(http) }, token)));
        endpoints.MapGet(Root + "/{id}/savepoints", Handle(async (http, token) => await checkpoints.ListSavepointsAsync(new ListSavepointsRequest { JobId = Id(http) }, token)));
        endpoints.MapPost(Root + "/{id}/savepoints", Handle(async (http, token) => await checkpoints.CreateSavepointAsync(await ReadAsync<CreateSavepointRequest>(http, token), token)));
        endpoints.MapDelete(Root + "/{id}/savepoints/{name}", Handle(async (http, token) =>
            await checkpoints.DeleteSavepointAsync(new DeleteSavepointRequest { JobId = Id(http), Name = (string)http.Request.RouteValues["name"]! }, token)));
    }

    private static string Id(HttpContext http) => (string)http.Request.RouteValues["id"]!;

    private static ListJobsRequest ListOf(HttpContext http)
    {
        var size = (string?)http.Request.Query["page_size"];
        return new ListJobsRequest
        {
            PageToken = (string?)http.Request.Query["page_token"] ?? "",
            PageSize = size is null ? 0 : int.TryParse(size, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number)
                ? number
                : throw new FlowException(FlowErrorCode.BadInput, $"page_size '{size}' is no number."),
        };
    }

    /// <summary>The message in the body, none for an empty one. The id of the path wins over one in the body.</summary>
    private static async Task<TRequest> ReadAsync<TRequest>(HttpContext http, CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>, new()
    {
        var body = new byte[BodyBytesMax + 1];
        var count = await http.Request.Body.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancellationToken);
        if (count > BodyBytesMax)
        {
            throw new FlowException(FlowErrorCode.LimitExceeded, $"The body has more than {BodyBytesMax} bytes.");
        }

        TRequest request;
        try
        {
            var text = Encoding.UTF8.GetString(body, 0, count);
            request = string.IsNullOrWhiteSpace(text) ? new TRequest() : Parser.Parse<TRequest>(text);
        }
        catch (Exception exception) when (exception is InvalidProtocolBufferException or InvalidJsonException)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"The body is no {typeof(TRequest).Name} as JSON: {exception.Message}", exception);
        }

        if (http.Request.RouteValues.ContainsKey("id"))
        {
            request.Descriptor.FindFieldByName("job_id").Accessor.SetValue(request, Id(http));
        }

        return request;
    }

    private static async Task WriteAsync(HttpContext http, int status, string json)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(json, http.RequestAborted);
    }

    private static string ToJson(FlowException failure) =>
        System.Text.Json.JsonSerializer.Serialize(new Dictionary<string, string> { ["code"] = failure.Kind.Wire, ["message"] = failure.Message });

    private RequestDelegate Handle(Func<HttpContext, CancellationToken, Task<IMessage>> handle) => async http =>
    {
        try
        {
            _auth.CheckHttp(http.Request.Headers.Authorization, http.Connection.ClientCertificate);
            await WriteAsync(http, StatusCodes.Status200OK, Formatter.Format(await handle(http, http.RequestAborted)));
        }
        catch (Exception exception) when (!http.RequestAborted.IsCancellationRequested && !http.Response.HasStarted)
        {
            var failure = FlowFailures.Translate(exception);
            await WriteAsync(http, failure.Kind.HttpStatus, ToJson(failure));
        }
    };
}
