using System.CommandLine;
using System.Reflection;
using System.Runtime.Loader;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansFlow.Errors;
using OrleansFlow.Hosting;
using OrleansFlow.Sql.Roles;
using OrleansFlow.Worker.Hosting;
using OrleansFlow.Workers;

namespace OrleansFlow.Cli.Commands;

/// <summary><c>flow worker --load FILE.dll</c>: runs a worker with the handlers of an assembly, and the built-in roles.</summary>
internal static class WorkerCommand
{
    public static Command Create()
    {
        var load = new Option<string[]>("--load", "--assembly") { Description = "Assembly whose [RoleHandler] classes are served. May be repeated." };
        var id = new Option<string?>("--id") { Description = "Worker id; else one is made." };
        var slots = new Option<int?>("--slots") { Description = "Tasks at once; else the number of processors." };
        var gateway = new Option<string?>("--gateway") { Description = "Gateway address (else FLOW_GATEWAY, else endpoints.json)." };
        var data = new Option<string?>("--data") { Description = "Data folder whose endpoints.json names the gateway." };
        var token = new Option<string?>("--token") { Description = "Token for the gateway." };
        var command = new Command("worker", "Run a worker.") { load, id, slots, gateway, data, token };
        command.Subcommands.Add(WorkerDrainCommand.Create());
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var endpoint = GatewayEndpoint.Find(parsed.GetValue(gateway), parsed.GetValue(token), parsed.GetValue(data));
            var builder = Host.CreateApplicationBuilder();
            builder.Logging.SetMinimumLevel(LogLevel.Warning);
            var worker = builder.Services.AddOrleansFlowWorker(options =>
            {
                options.Gateway = endpoint.GrpcUrl;
                options.Token = endpoint.Token;
                options.WorkerId = parsed.GetValue(id);
                options.Slots = parsed.GetValue(slots) ?? options.Slots;
                options.StopHostWhenDrained = true;
            });
            worker.AddHandler<SqlRoleHandler>(SqlRoleHandler.Role);
            var roles = new List<string> { SqlRoleHandler.Role };
            foreach (var (role, handler) in (parsed.GetValue(load) ?? []).SelectMany(Handlers))
            {
                worker.AddHandler(handler, role);
                roles.Add(role);
            }

            Console.WriteLine($"roles {string.Join(' ', roles)}; gateway {endpoint.GrpcUrl}; Ctrl-C drains and stops");
            using var host = builder.Build();
            await host.RunAsync(cancellationToken);
            return 0;
        });
        return command;
    }

    private static List<(string Role, Type Handler)> Handlers(string path)
    {
        Assembly assembly;
        try
        {
            assembly = AssemblyLoadContext.Default.LoadFromAssemblyPath(Path.GetFullPath(path));
        }
        catch (Exception exception) when (exception is IOException or BadImageFormatException)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"--load '{path}' cannot be loaded: {exception.Message}", exception);
        }

        var handlers = assembly.GetExportedTypes()
            .Where(type => type.IsSubclassOf(typeof(RoleHandler)) && !type.IsAbstract)
            .SelectMany(type => type.GetCustomAttributes<RoleHandlerAttribute>().Select(attribute => (attribute.Role, type)))
            .ToList();
        return handlers.Count > 0
            ? handlers
            : throw new FlowException(FlowErrorCode.BadInput, $"--load '{path}' has no public class with [RoleHandler(\"role\")] that derives from RoleHandler.");
    }
}
