using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OrleansFlow.Flight;
using OrleansFlow.Rpc;
using OrleansFlow.Rpc.Server;
using OrleansFlow.Silo.Gateway.Control;
using OrleansFlow.Silo.Gateway.Flight;
using OrleansFlow.Silo.Gateway.Jobs;
using OrleansFlow.Silo.Gateway.Sessions;
using OrleansFlow.Silo.Gateway.Workflows;

namespace OrleansFlow.Silo.Hosting;

/// <summary>Puts the gateway on the endpoints of a web application.</summary>
public static class FlowGatewayEndpoints
{
    /// <summary>
    /// Serves control (<c>orleansflow.v1.Flow</c>), workflow runs (<c>orleansflow.workflow.v1.Workflows</c>), streaming jobs (<c>orleansflow.streaming.v1.StreamJobs</c>), worker sessions, Arrow Flight, what the grain runtime offers, health and
    /// reflection of gRPC, streaming jobs over HTTP (<c>/api/v1/jobs</c>), and <c>/health/live</c> and <c>/health/ready</c>.
    /// gRPC needs HTTP/2; see <see cref="RpcKestrel.ConfigureFlowHttp2"/>.
    /// </summary>
    /// <param name="endpoints">The application, whose silo was composed with <see cref="FlowSiloBuilderExtensions.AddOrleansFlow"/>.</param>
    public static IEndpointRouteBuilder MapOrleansFlowGateway(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var services = endpoints.ServiceProvider;
        endpoints.MapRpcService(services.GetRequiredService<FlowService>().Define());
        endpoints.MapRpcService(services.GetRequiredService<WorkflowService>().Define());
        endpoints.MapRpcService(services.GetRequiredService<ScheduleService>().Define());
        endpoints.MapRpcService(services.GetRequiredService<StreamJobService>().Define());
        endpoints.MapRpcService(services.GetRequiredService<GatewaySessionService>().Define());
        endpoints.MapRpcService(FlightRpc.Define(
            services.GetRequiredService<GatewayFlightProducer>(),
            new FlightOptions { MessageBytesMax = services.GetRequiredService<IOptions<FlightGatewayOptions>>().Value.MessageBytesMax }));

        // What the grain runtime itself offers to clients in other processes.
        foreach (var service in services.GetServices<RpcServiceDefinition>())
        {
            endpoints.MapRpcService(service);
        }

        endpoints.MapRpcHealth();
        endpoints.MapRpcReflection();
        var ready = services.GetRequiredService<GatewayHealth>();
        var health = services.GetRequiredService<RpcHealth>();
        foreach (var service in (string[])["", FlowService.Name, WorkflowService.Name, ScheduleService.Name, StreamJobService.Name])
        {
            health.Set(service, async cancellationToken => (await ready.CheckReadyAsync(cancellationToken)).All(check => check.Healthy));
        }

        services.GetRequiredService<JobRest>().Map(endpoints);
        endpoints.MapGet("/health/live", (RequestDelegate)(http => http.Response.WriteAsync("live", http.RequestAborted)));
        endpoints.MapGet("/health/ready", (RequestDelegate)AnswerReadyAsync);
        return endpoints;
    }

    private static async Task AnswerReadyAsync(HttpContext http)
    {
        var checks = await http.RequestServices.GetRequiredService<GatewayHealth>().CheckReadyAsync(http.RequestAborted);
        http.Response.StatusCode = checks.All(check => check.Healthy) ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        http.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(http.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteStartArray("checks");
        foreach (var check in checks)
        {
            json.WriteStartObject();
            json.WriteString("name", check.Name);
            json.WriteBoolean("healthy", check.Healthy);
            json.WriteString("detail", check.Detail);
            json.WriteString("remedy", check.Remedy);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        await json.FlushAsync(http.RequestAborted);
    }
}
