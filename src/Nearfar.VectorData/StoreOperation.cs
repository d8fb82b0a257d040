using Microsoft.Extensions.VectorData;

namespace Nearfar.VectorData;

/// <summary>Runs an operation; what the store could not do comes as the abstraction's exception. A caller's slip and cancellation pass through.</summary>
internal static class StoreOperation
{
    public const string SystemName = "nearfar";

    public static T Run<T>(string? store, string? collection, string operation, Func<T> run)
    {
        try
        {
            return run();
        }
        catch (Exception e) when (e is NearfarException or IOException or UnauthorizedAccessException)
        {
            throw new VectorStoreException(e.Message, e) { VectorStoreSystemName = SystemName, VectorStoreName = store, CollectionName = collection, OperationName = operation };
        }
    }

    public static Task<T> RunAsync<T>(string? store, string? collection, string operation, Func<T> run, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellationToken);
        }

        try
        {
            return Task.FromResult(Run(store, collection, operation, run));
        }
#pragma warning disable CA1031 // a task carries its exception, of any kind
        catch (Exception e)
#pragma warning restore CA1031
        {
            return Task.FromException<T>(e);
        }
    }
}
