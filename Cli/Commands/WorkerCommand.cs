using System.CommandLine;
using System.Reflection;
using System.Runtime.Loader;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansFlow.Errors;
using OrleansFlow.Hosting;
using OrleansFlow.Sql.Roles;
using OrleansFlow.Worker.Data;
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
        var config = new Option<string?>("--config") { Description = "JSON file of settings with keys such as lease_ttl_sec; FLOW_WORKER_LEASE_TTL_SEC and --set win over it." };
        var set = new Option<string[]>("--set") { Description = "key=value, wins over file and environment. May be repeated." };
        var listen = new Option<string?>("--listen")
        {
            Description = "Address to serve data and queries on (else 127.0.0.1 and a free port); port 0: a free one. Beyond loopback it needs a certificate, or --insecure.", HelpName = "HOST:PORT",
        };
        var advertise = new Option<string?>("--advertise") { Description = "Address by which others reach it (else the one it listens on); port 0: the one it listens on.", HelpName = "HOST:PORT" };
        var insecure = new Option<bool>("--insecure") { Description = "Listen beyond loopback without TLS." };
        var command = new Command("worker", "Run a worker.") { load, id, slots, gateway, data, token, listen, advertise, insecure };
        command.Options.Add(config);
        command.Options.Add(set);
        command.Subcommands.Add(WorkerShowCommand.Create());
        command.Subcommands.Add(WorkerDrainCommand.Create());
        command.SetAction(async (parsed, cancellationToken) =>
        {
            // Settings are read once. Watching their files would mean every folder below this one, with each write of a silo that keeps its data there.
            var builder = Host.CreateApplicationBuilder(["--hostBuilder:reloadConfigOnChange=false"]);
            builder.Configuration.AddFlowWorkerFile(parsed.GetValue(config), parsed.GetValue(set));
            builder.Logging.SetMinimumLevel(LogLevel.Warning);
            var section = builder.Configuration.GetSection(WorkerOptions.SectionName);
            var endpoint = GatewayEndpoint.Find(
                parsed.GetValue(gateway) ?? section[nameof(WorkerOptions.Gateway)],
                parsed.GetValue(token) ?? section[nameof(WorkerOptions.Token)],
                parsed.GetValue(data) ?? section[nameof(WorkerOptions.DataFolder)]);
            var worker = builder.Services.AddOrleansFlowWorker(options =>
            {
                options.Gateway = endpoint.GrpcUrl;
                options.Token = endpoint.Token;
                options.WorkerId = parsed.GetValue(id) ?? options.WorkerId;
                options.Slots = parsed.GetValue(slots) ?? options.Slots;
                options.StopHostWhenDrained = true;
            });
            var (at, by) = (DataEndpoint.Parse("--listen", parsed.GetValue(listen)), DataEndpoint.Parse("--advertise", parsed.GetValue(advertise)));
            builder.Services.Configure<WorkerDataOptions>(options =>
            {
                at?.ListenAt(options);
                by?.ReachBy(options);
                options.Insecure |= parsed.GetValue(insecure);
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
            await ServeAsync(host, cancellationToken);
            return 0;
        });
        return command;
    }

    /// <summary>Runs the worker to its end: Ctrl-C, SIGTERM, or a drain that somebody asked for.</summary>
    /// <exception cref="FlowException">Why it could not go on, for example <c>worker_id_in_use</c>, or <c>bad_option</c> for options out of range.</exception>
    private static async Task ServeAsync(IHost host, CancellationToken cancellationToken)
    {
        FlowWorker worker;
        try
        {
            await host.StartAsync(cancellationToken);
            worker = host.Services.GetRequiredService<FlowWorker>();
        }
        catch (OptionsValidationException exception)
        {
            throw new FlowException(FlowErrorCode.BadOption, string.Join(' ', exception.Failures), exception);
        }

        var ended = host.WaitForShutdownAsync(cancellationToken);
        if (await Task.WhenAny(worker.Registered, ended) != ended && worker.Registered.IsCompletedSuccessfully)
        {
            Console.WriteLine($"registered {worker.WorkerId}");
            if (worker.DataAddress.Length > 0)
            {
                Console.WriteLine($"data {worker.DataAddress}");
            }
        }

        await ended;
        if (worker.Ended.IsFaulted)
        {
            await worker.Ended;
        }
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
