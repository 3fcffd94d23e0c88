using Microsoft.Extensions.DependencyInjection;
using OrleansFlow.Silo.Gateway.Sql;

namespace OrleansFlow.Tests.Silo.Queries;

internal static class DataFolders
{
    /// <summary>Lets statements read the files of a folder; null for none.</summary>
    public static IServiceCollection Allow(this IServiceCollection services, string? folder, bool isWritable = false) =>
        folder is null ? services : services.Configure<SqlGatewayOptions>(options => (isWritable ? options.WritableFolders : options.DataFolders).Add(folder));
}
