using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Silo.Gateway.Sql;

namespace OrleansFlow.Tests.Silo.Queries;

internal static class DataFolders
{
    /// <summary>Lets statements read the files of a folder; null for none.</summary>
    public static IServiceCollection Allow(this IServiceCollection services, string? folder) =>
        folder is null ? services : services.Configure<SqlGatewayOptions>(options => options.DataFolders.Add(folder));
}
