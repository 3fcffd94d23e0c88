using System.CommandLine;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansFlow.Errors;
using OrleansFlow.Silo.Gateway.Sql;
using OrleansFlow.Silo.Hosting;

namespace OrleansFlow.Cli.Commands;

/// <summary><c>flow silo</c>: runs a silo with its gateway until it is interrupted.</summary>
internal static class SiloCommand
{
    /// <summary>Folder of a silo's store, artifacts and keys, unless told otherwise.</summary>
    public static readonly string DefaultDataFolder = Path.Combine(".flow", "data");

    public static Command Create()
    {
        var data = new Option<string?>("--data") { Description = "Data folder (else FLOW_DATA, else .flow/data)." };
        var postgres = new Option<string?>("--postgres")
        {
            Description = "Keep grain states in this PostgreSQL database (else FLOW_POSTGRES, else a SQLite file in the data folder).", HelpName = "CONNECTION",
        };
        var port = Port("--port", "Port for gRPC and Flight (HTTP/2); 0: a free one.", FlowSiloOptions.DefaultGrpcPort);
        var httpPort = Port("--http-port", "Port for health and API (HTTP/1.1); 0: a free one.", FlowSiloOptions.DefaultHttpPort);
        var bind = new Option<string>("--bind") { Description = "Address to listen on. Beyond loopback it needs --tls-cert and --token, or --insecure.", DefaultValueFactory = _ => "127.0.0.1" };
        var certificate = new Option<string?>("--tls-cert") { Description = "Certificate with key (PFX) for TLS." };
        var password = new Option<string?>("--tls-password") { Description = "Password of the certificate file (else FLOW_TLS_PASSWORD)." };
        var token = new Option<string?>("--token") { Description = "Token that every call must carry (else FLOW_TOKEN)." };
        var authority = new Option<string?>("--tls-client-ca") { Description = "Authorities (PEM) whose client certificates let callers in without a token." };
        var files = new Option<string[]>("--files") { Description = "Folder whose files SQL may read by their paths. May be repeated.", HelpName = "FOLDER" };
        var insecure = new Option<bool>("--insecure") { Description = "Listen beyond loopback without TLS and token." };
        var verbose = new Option<bool>("--verbose", "-v") { Description = "Log at level Information." };
        var writable = new Option<string[]>("--writable") { Description = "Folder below which SQL may write files (COPY). May be repeated.", HelpName = "FOLDER" };
        var command = new Command("silo", "Run a silo with its gateway.") { data, postgres, port, httpPort, bind, certificate, password, authority, token, files, writable, insecure, verbose };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var bindText = parsed.GetValue(bind)!;
            if (!IPAddress.TryParse(bindText, out var address))
            {
                throw new FlowException(FlowErrorCode.BadOption, $"--bind '{bindText}' is not an IP address such as 127.0.0.1 or 0.0.0.0.");
            }

            await using var silo = await FlowSiloHost.StartAsync(
                new FlowSiloOptions
                {
                    DataFolder = parsed.GetValue(data) ?? Variable("FLOW_DATA") ?? DefaultDataFolder,
                    PostgresConnectionString = parsed.GetValue(postgres) ?? Variable("FLOW_POSTGRES"),
                    GrpcPort = parsed.GetValue(port),
                    HttpPort = parsed.GetValue(httpPort),
                    BindAddress = address,
                    TlsCertificatePath = parsed.GetValue(certificate),
                    TlsCertificatePassword = parsed.GetValue(password) ?? Variable("FLOW_TLS_PASSWORD"),
                    TlsClientAuthorityPath = parsed.GetValue(authority),
                    Token = parsed.GetValue(token) ?? Variable("FLOW_TOKEN"),
                    Insecure = parsed.GetValue(insecure),
                    LogLevel = parsed.GetValue(verbose) ? LogLevel.Information : LogLevel.Warning,
                    ConfigureServices = services => services.Configure<SqlGatewayOptions>(sql =>
                    {
                        foreach (var folder in parsed.GetValue(files) ?? [])
                        {
                            sql.DataFolders.Add(Path.GetFullPath(folder));
                        }

                        foreach (var folder in parsed.GetValue(writable) ?? [])
                        {
                            sql.WritableFolders.Add(Path.GetFullPath(folder));
                        }
                    }),
                },
                cancellationToken);
            Console.WriteLine($"gateway {silo.Endpoints.GrpcUrl}");
            Console.WriteLine($"health  {silo.Endpoints.HttpUrl}/health/ready");
            Console.WriteLine("ready; Ctrl-C stops it");
            await silo.WaitForShutdownAsync(cancellationToken);
            return 0;
        });
        return command;
    }

    private static Option<int> Port(string name, string description, int defaultPort)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => defaultPort };
        option.Validators.Add(result =>
        {
            // A value that is no number has its own error already.
            if (result.Tokens is [{ Value: var text }] && int.TryParse(text, out var value) && (value is < 0 or > 65_535))
            {
                result.AddError($"{name} must be 0 to 65535.");
            }
        });
        return option;
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
